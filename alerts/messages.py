"""What a person is told: a title and a few lines in English, Russian or Kazakh, from an alert alone.

The wording stands in `templates/<language>.jinja`, one macro for each title and body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.environment import TemplateModule

from storage.records import Alert, Occasion

Language = Literal["en", "ru", "kk"]
_MOST = 3
_MOST_WORDS = 6
_ABSENT = dict.fromkeys(
    (
        "simulated",
        "times_expected",
        "event",
        "poll",
        "campaign",
        "near_duplicates",
        "new_accounts",
        "steps_above",
        "without",
        "finished",
    )
)
_NONE_OF = dict.fromkeys(
    ("by_source", "by_language", "by_narrative", "words", "typical_posts", "sources", "held_back"), ()
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along with a message."""

    name: str
    content: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text, without markup; a chart as PNG, where there is one; and other files."""

    title: str
    body: str
    chart: bytes | None = None
    files: tuple[File, ...] = ()


def message(
    alert: Alert,
    language: Language = "en",
    *,
    occasion: Occasion = "raised",
    target_title: str = "",
    hours: float = 0.0,
) -> Message:
    """What to send about a stored alert, labelled where its data are simulated. ValueError before it has an id.

    `occasion`: that it was raised, that nobody has acknowledged it for `hours`, or that it is over.
    """
    if alert.id is None:
        raise ValueError(f"the alert {alert.rule} {alert.window} has no id yet; store it before writing its message")
    words: Any = _templates(language)
    why = {**_ABSENT, **_NONE_OF, **alert.explanation}
    target = target_title or alert.target
    title = getattr(words, f"{alert.kind}_title")(alert, why, target)
    body = getattr(words, f"{alert.kind}_body")(alert, why, target)
    if occasion == "escalated":
        title, body = words.escalated_title(title, hours), words.escalated_body(body, hours)
    elif occasion == "ended":
        title, body = words.ended_title(title, alert), words.ended_body(alert, why)
    if why["simulated"]:
        title = f"[{words.label()}] {title}"
    return Message(_line(title), _lines(body))


def trial(monitor: str, recipient: str, language: Language = "en") -> Message:
    """A message that tries whether a recipient is reached, and says that it is nothing else."""
    words: Any = _templates(language)
    return Message(_line(words.trial_title(monitor)), _lines(words.trial_body(monitor, recipient)))


@cache
def _templates(language: Language) -> TemplateModule:
    # Plain text: nothing is escaped here, Apprise does it for services that take markup.
    environment = Environment(
        loader=PackageLoader("alerts"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {
        "number": lambda value: _number(value, language),
        "percent": lambda share: f"{100 * share:.0f}%",
        "parts": _parts,
        "risen": _risen,
        "words": lambda rows: ", ".join(row["word"] for row in rows[:_MOST_WORDS]),
    }
    return environment.get_template(f"{language}.jinja").module


def _parts(rows: Sequence[Mapping[str, Any]]) -> str:
    """The three largest contributions."""
    return ", ".join(f"{row['value'] or '?'} {100 * row['share_of_excess']:.0f}%" for row in rows[:_MOST])


def _risen(rows: Sequence[Mapping[str, Any]]) -> str:
    """The three narratives that rose most, with their share of the voices before and in the window."""
    return ", ".join(
        f"{row['value']} {100 * row['share_before']:.0f}% → {100 * row['share']:.0f}%" for row in rows[:_MOST]
    )


def _number(value: float, language: Language) -> str:
    """One decimal below ten, none above, and none where it is whole; a decimal comma but in English."""
    text = f"{value:.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"
    return text if language == "en" else text.replace(".", ",")


def _line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
