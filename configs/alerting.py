"""The forms of `alerts.yaml`: which spikes raise an alert, and who is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from configs.forms import Form, Fraction, Name


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

    @model_validator(mode="after")
    def _one_way(self) -> RecipientSettings:
        if bool(self.url_env) == bool(self.log_file):
            raise ValueError("give exactly one of url_env (an environment variable holding an Apprise URL) or log_file")
        return self


class RuleSettings(Form):
    """One rule in `alerts.yaml`."""

    name: Name
    """Short name, unique in the file."""
    target: Name
    """The id of the target that is watched."""
    measure: Literal["mentions", "against", "favor"] = "mentions"
    """What is counted a day: voices that mention the target, or those of them that are against it or in favour."""
    group: Literal["all", "source", "language", "region"] = "all"
    """One series over everything, or one for each source, language or region."""
    detector: Literal["ears-c1", "ears-c2", "ears-c3"] = "ears-c2"
    """The method that finds spikes in the daily counts."""
    alpha: Fraction = 0.001
    """False alarms a quiet day: the one-sided tail probability of the upper bound."""
    min_count: Annotated[int, Field(ge=1)] = 10
    """Days with a smaller count raise nothing."""
    cooldown_days: Annotated[int, Field(ge=0)] = 7
    """Days after an alarm in which a further alarm belongs to the same alert."""
    max_age_days: Annotated[int, Field(ge=1)] = 14
    """Older spikes (found in imported history) are stored but not sent."""
    recipients: tuple[Name, ...] = ("log",)
    """The names of the recipients who are told."""
    language: Literal["en", "ru", "kk"] = "en"
    """The language of the message."""


class AlertSettings(Form):
    """`alerts.yaml`: the rules and the recipients."""

    rules: tuple[RuleSettings, ...] = ()
    """Which spikes raise an alert."""
    recipients: tuple[RecipientSettings, ...] = ()
    """Who can be told."""
