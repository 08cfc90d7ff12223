"""The forms of `alerts.yaml`: which spikes and outages raise an alert, who is told, when, and how insistently."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from configs.forms import Form, Fraction, Name

DAYS_A_MONTH = 365.25 / 12
DEFAULT_FALSE_ALARMS = 0.25
_QUIET = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)$")

Detector = Literal["auto", "farrington", "ears-c1", "ears-c2", "ears-c3", "daily", "stream"]
"""auto, daily and ears judge local days, farrington ISO weeks, stream local hours."""


class RecipientSettings(Form):
    """Where alerts go. Addresses hold tokens and passwords, so they stand in the environment, never in this file."""

    name: Name
    """Short name, used in rules and in the delivery record."""
    url_env: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
            json_schema_extra={"allowed": "the name of an environment variable, for example PIKIR_ALERT_URL"},
        ),
    ] = ""
    """The environment variable that holds one Apprise URL (mail, webhook, Telegram and some hundred others)."""
    log_file: str = ""
    """A file to which each alert is appended as one line of JSON, readable by its owner only."""
    chart: bool = True
    """Whether the chart goes along as a PNG, where the service takes files."""

    @model_validator(mode="after")
    def _one_way(self) -> RecipientSettings:
        if bool(self.url_env) == bool(self.log_file):
            raise ValueError("give exactly one of url_env (an environment variable holding an Apprise URL) or log_file")
        return self


class TellingSettings(Form):
    """Who is told of an alert, when, and what happens when nobody takes note."""

    name: Name
    """Short name, unique in the file."""
    recipients: tuple[Name, ...] = ("log",)
    """The names of the recipients who are told."""
    language: Literal["en", "ru", "kk"] = "en"
    """The language of the message."""
    quiet_hours: Annotated[
        str, Field(json_schema_extra={"allowed": "two times of day, for example 22:00-08:00 (it may span midnight)"})
    ] = ""
    """Hours, in the monitor's time zone, in which nothing is sent but what is urgent; it is sent when they end."""
    urgent_at: Annotated[float, Field(ge=1)] | None = None
    """A count of at least so many times the upper bound is urgent and passes quiet hours; left out, nothing is."""
    escalate_after_hours: Annotated[float, Field(gt=0)] | None = None
    """Where nobody has acknowledged the alert so long after it was due, `escalate_to` is told too."""
    escalate_to: tuple[Name, ...] = ()
    """The names of the recipients of the escalation."""
    follow_up: bool = True
    """Whether those who were told of an alert are told when it is over."""
    max_age_days: Annotated[int, Field(ge=1)] = 14
    """What is older when it is found (in imported history) is stored but not sent."""

    @field_validator("quiet_hours")
    @classmethod
    def _times(cls, value: str) -> str:
        found = _QUIET.match(value)
        if value and (not found or found.group(1, 2) == found.group(3, 4)):
            raise ValueError("it is not a span between two different times of day")
        return value

    @model_validator(mode="after")
    def _escalation_whole(self) -> TellingSettings:
        if bool(self.escalate_to) != (self.escalate_after_hours is not None):
            raise ValueError("escalation needs both escalate_after_hours (how long) and escalate_to (whom)")
        return self

    @property
    def quiet_span(self) -> tuple[dt.time, dt.time] | None:
        """When the quiet hours begin and end; None where there are none."""
        found = _QUIET.match(self.quiet_hours)
        if not found:
            return None
        first, second, third, fourth = (int(part) for part in found.groups())
        return dt.time(first, second), dt.time(third, fourth)


class RuleSettings(TellingSettings):
    """One rule in `alerts.yaml`."""

    target: Name
    """The id of the target that is watched."""
    measure: Literal["mentions", "against", "favor"] = "mentions"
    """What is counted: voices that mention the target, or those of them that are against it or in favour."""
    group: Literal["all", "source", "language", "region"] = "all"
    """One series over everything, or one for each source, language or region."""
    detector: Detector = "auto"
    """The method: auto, daily and ears look at daily counts, farrington at weekly, stream at hourly ones."""
    false_alarms_per_month: Annotated[float, Field(gt=0, le=30)] | None = None
    """How many false alarms a month the rule may raise over all its series while nothing happens; 0.25 if left out."""
    alpha: Fraction | None = None
    """Instead of that: the one-sided tail probability of the upper bound of one series in one step."""
    min_count: Annotated[int, Field(ge=1)] = 10
    """Steps with a smaller count raise nothing."""
    cooldown_days: Annotated[int, Field(ge=0)] = 7
    """Days after an alarm in which a further alarm belongs to the same alert."""

    @model_validator(mode="after")
    def _one_sensitivity(self) -> RuleSettings:
        if self.alpha is not None and self.false_alarms_per_month is not None:
            raise ValueError(
                "alpha and false_alarms_per_month both say how sensitive the rule is: keep false_alarms_per_month"
            )
        return self

    def tail(self, series: int) -> float:
        """The tail probability of one of `series` series in one step, in (0, 0.5]."""
        if self.alpha is not None:
            return min(self.alpha, 0.5)
        steps = {"farrington": DAYS_A_MONTH / 7, "stream": DAYS_A_MONTH * 24}.get(self.detector, DAYS_A_MONTH)
        monthly = DEFAULT_FALSE_ALARMS if self.false_alarms_per_month is None else self.false_alarms_per_month
        return min(monthly / steps / max(series, 1), 0.5)


class CoverageSettings(TellingSettings):
    """Alerts to the operator about sources that give less than they should, and which spikes these hold back."""

    name: Name = "coverage"
    """The rule's name in the list of alerts."""
    recipients: tuple[Name, ...] = ()
    """The names of the recipients who are told; none: outages are stored and shown, and sent to nobody."""
    enabled: bool = True
    """Whether outages raise alerts."""
    mutes: bool = True
    """Whether a spike that does not stand without the sources that are out is held back."""
    false_alarms_per_month: Annotated[float, Field(gt=0, le=30)] = 0.1
    """How many false alarms a month all sources together may raise by a low volume alone."""
    missing_share: Fraction = 0.25
    """A day is incomplete where this fraction more of its messages is missing than on the source's usual day."""


class OperatorSettings(TellingSettings):
    """Alerts to the operator about the monitor itself: a flow that fails, or has not finished a run for too long."""

    name: Name = "operator"
    """The rule's name in the list of alerts."""
    recipients: tuple[Name, ...] = ()
    """The names of the recipients who are told; none: such alerts are stored and shown, and sent to nobody."""


class DeliverySettings(Form):
    """How a message is tried again."""

    attempts: Annotated[int, Field(ge=1, le=1000)] = 12
    """After so many attempts a message is a dead letter: `pikir alerts outbox` shows it, `requeue` tries it again."""
    first_wait_seconds: Annotated[float, Field(gt=0)] = 60.0
    """The wait after the first failure; it doubles with each, and a tenth more or less is drawn by chance."""
    longest_wait_hours: Annotated[float, Field(gt=0)] = 6.0
    """The longest wait between two attempts."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Bounds connecting to a recipient's service and each wait for its answer; four times as long bounds the whole."""


class AlertSettings(Form):
    """`alerts.yaml`: the rules and the recipients."""

    rules: tuple[RuleSettings, ...] = ()
    """Which spikes raise an alert."""
    coverage: CoverageSettings = CoverageSettings()
    """Which outages of sources raise an alert, and to whom."""
    operator: OperatorSettings = OperatorSettings()
    """Who is told when a flow of the monitor fails or is late, and when it works again."""
    recipients: tuple[RecipientSettings, ...] = ()
    """Who can be told."""
    delivery: DeliverySettings = DeliverySettings()
    """How a message is tried again."""

    @property
    def tellings(self) -> dict[str, TellingSettings]:
        """Everything that alerts are raised by, and whom it tells, by its name."""
        return {one.name: one for one in (*self.rules, self.coverage, self.operator)}
