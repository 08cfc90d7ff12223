"""`report:` in monitor.yaml: the report that is made once a week or month, mailed and put into a folder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from configs.forms import Form, Name

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class ReportSettings(Form):
    """The report of each period, for people who get mail and for a folder. Without either none is made."""

    recipients: tuple[Name, ...] = ()
    """Names of recipients in alerts.yaml whose service takes files (mail does)."""
    folder: str = ""
    """Where the files are put as well, for their owner alone; left out, nowhere."""
    period: Literal["week", "month"] = "week"
    """What a report is about: the ISO week or the month before."""
    day: Weekday = "monday"
    """It is due on the first such day after the period's end."""
    hour: Annotated[int, Field(ge=0, le=23)] = 8
    """It is due at this hour, in the monitor's time zone; the first run after that makes it."""
    languages: Annotated[tuple[Literal["en", "ru", "kk"], ...], Field(min_length=1)] = ("en",)
    """One file is made in each; the letter itself is in the first."""
    format: Literal["pdf", "html"] = "pdf"
    """What kind of file is made."""
