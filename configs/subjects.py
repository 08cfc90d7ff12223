"""The forms of what is measured and what it is laid beside: targets, published polls, dated events."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from configs.forms import Form, Name, Percent


def _unquoted(value: Any) -> Any:
    """The date that a quoted ISO date says; anything else as it is."""
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


CalendarDay = Annotated[dt.date, BeforeValidator(_unquoted)]


def _in_english(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


class NarrativeSettings(Form):
    """A reason that people give for their stance: described and exemplified, multi-label."""

    name: Name
    """Short name, used in the results."""
    title: Annotated[dict[str, str], BeforeValidator(_in_english)]
    """What pages call it, by language; a text alone is English."""
    description: str
    """One sentence that says what a post with this narrative claims."""
    stance: Literal["against", "favor", "any"] = "any"
    """The stance that the narrative goes with."""
    examples: tuple[str, ...] = ()
    """Invented example posts."""


class MatchSettings(Form):
    """What names a target in one language."""

    lemmas: tuple[str, ...] = ()
    """Dictionary forms, matched in every inflection (a stem for languages without a lemmatiser)."""
    phrases: tuple[str, ...] = ()
    """Words in order, each in every inflection; `a|b` is either word, `=a` that form, `...` up to three words."""
    exact: tuple[str, ...] = ()
    """Surface forms as written, case ignored (abbreviations are given in capitals and then match only so)."""
    exclude: tuple[str, ...] = ()
    """Phrases inside which a hit does not count."""


class TargetSettings(Form):
    """One file in `targets/`: a subject that people take a stance toward."""

    id: Name
    """Short name of the target: polls, events and alert rules refer to it."""
    title: dict[str, str]
    """What pages and messages call the target, by language."""
    description: dict[str, str] = Field(min_length=1)
    """A sentence that describes the target for the model, by language."""
    match: dict[str, MatchSettings] = Field(min_length=1)
    """What names the target, by language."""
    narratives: tuple[NarrativeSettings, ...] = ()
    """Reasons that people give for their stance."""


class FieldDates(Form):
    """When a poll was in the field, both days included."""

    start: CalendarDay
    """First day in the field."""
    end: CalendarDay
    """Last day in the field."""

    @model_validator(mode="after")
    def _in_order(self) -> FieldDates:
        if self.end < self.start:
            raise ValueError(f"field dates end ({self.end}) before they start ({self.start})")
        return self


class PollSettings(Form):
    """One published poll question in `polls.yaml`. Percent of respondents, as published."""

    id: Name
    """Short name of this poll question, unique in the file."""
    pollster: str
    """Who asked."""
    field: FieldDates
    """When the poll was in the field."""
    target: Name
    """The id of the target that the question is about."""
    question: str
    """The wording, or what is known of it."""
    shares: dict[str, Percent] = Field(min_length=1)
    """Percent of respondents by answer. Answers `against`, `neutral`, `favor` are compared with the monitor."""
    source: str
    """Where the figures were published."""
    n: Annotated[int, Field(ge=1)] | None = None
    """Respondents; left out where the source does not say."""
    margin: Annotated[float, Field(gt=0, lt=50)] | None = None
    """The published margin of error, in percentage points."""
    mode: str = ""
    """How people were asked (telephone, face to face, online)."""
    narrative: str = ""
    """The narrative that the question measures, where it is not the stance itself."""
    interview_language: dict[str, Percent] = Field(default_factory=dict)
    """Percent of interviews by language."""

    @model_validator(mode="after")
    def _at_most_everyone(self) -> PollSettings:
        for key, shares in (("shares", self.shares), ("interview_language", self.interview_language)):
            if sum(shares.values()) > 101:
                raise ValueError(f"the percentages of {key} add up to {sum(shares.values()):g}, more than 100")
        return self


class EventSettings(Form):
    """A dated event in `events.yaml`, named by charts and alerts."""

    date: CalendarDay
    """The day, in the monitor's time zone."""
    name: str
    """What happened, in a line."""
    targets: tuple[Name, ...] = ()
    """The ids of the targets that it bears on; empty means every target."""
