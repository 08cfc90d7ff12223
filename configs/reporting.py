"""`report:` in monitor.yaml: the report that is made and mailed once a week or month."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from configs.forms import Form, Name

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class ReportSettings(Form):
    """The report that goes to people who get mail, once a period. Without recipients none is sent."""

    recipients: tuple[Name, ...] = ()
    """Names of recipients in alerts.yaml whose service takes files (mail does)."""
    period: Literal["week", "month"] = "week"
    """What a report is about: the ISO week or the month before."""
    day: Weekday = "monday"
    """It is due on the first such day after the period's end."""
    hour: Annotated[int, Field(ge=0, le=23)] = 8
    """It is due at this hour, in the monitor's time zone; the first run after that sends it."""
    languages: Annotated[tuple[Literal["en", "ru", "kk"], ...], Field(min_length=1)] = ("en",)
    """One file is attached in each; the letter itself is in the first."""
    format: Literal["pdf", "html"] = "pdf"
    """What kind of file is attached."""
