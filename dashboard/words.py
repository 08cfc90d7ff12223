"""What the page says, in English, Russian and Kazakh; numbers and dates as each language writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import yaml
from babel import Locale
from babel.dates import format_date, format_datetime, get_month_names
from babel.numbers import format_decimal, format_percent

from analysis.charts import ChartWords
from analysis.periods import period_days

Language = Literal["en", "ru", "kk"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_FOLDER = Path(__file__).parent / "locales"
_NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша"}
_BABEL = {"en": "en_GB", "ru": "ru", "kk": "kk"}


class Words:
    """One language. `words("posts.found", n=5)` is a text with its gaps filled; a key without a text is an error."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = texts(language)
        self._locale = _BABEL[language]

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return _NAMES[self.language]

    def __call__(self, key: str, **gaps: object) -> str:
        """The text of a key."""
        return self._texts[key].format(**gaps) if gaps else self._texts[key]

    def named(self, kind: str, value: str) -> str:
        """What a value of a kind is called (`named("stance", "favor")`), or the value itself."""
        return self._texts.get(f"{kind}.{value}", value)

    def title(self, titles: Mapping[str, str], otherwise: str) -> str:
        """What something configured is called in this language, else in English, else `otherwise` (its id)."""
        return titles.get(self.language) or titles.get("en", otherwise)

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with the language's separators; a dash for None."""
        return "–" if value is None else _decimal(round(value, digits), self._locale)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share as percent."""
        pattern = "0" + ("." + "0" * digits if digits else "") + ("%" if self.language == "en" else "\u00a0%")
        return "–" if share is None else _percent(share, pattern, self._locale)

    def interval(self, low: float | None, high: float | None) -> str:
        """An interval of shares, in percent."""
        if low is None or high is None:
            return "–"
        return f"{self.number(100 * low)}–{self.percent(high)}"

    def points(self, difference: float | None) -> str:
        """A difference of shares in percentage points, with its sign."""
        if difference is None:
            return "–"
        shown = round(100 * difference, 1)
        sign = "+" if shown > 0 else "−" if shown < 0 else "±"
        return sign + format_decimal(abs(shown), "0.0", locale=self._locale)

    def day(self, day: dt.date | None) -> str:
        """A day: 3 Oct 2022."""
        return "–" if day is None else _date(day, "d MMM y", self._locale)

    def moment(self, moment: dt.datetime | None, zone: ZoneInfo) -> str:
        """An instant in a zone, to the minute."""
        return "–" if moment is None else format_datetime(moment, "d MMM y, HH:mm", tzinfo=zone, locale=self._locale)

    def period(self, name: str) -> str:
        """A period in full: its day, its week from first to last day, or its month."""
        days = period_days(name)
        if days.first == days.last:
            return self.day(days.first)
        if "W" in name:
            return f"{_date(days.first, 'd MMM', self._locale)} – {self.day(days.last)}"
        return _date(days.first, "LLLL y", self._locale)

    def window(self, name: str) -> str:
        """The window of an alert in words; its own name where it is no period (an hour)."""
        try:
            return self.period(name)
        except ValueError:
            return name

    def language_name(self, value: str) -> str:
        """What a language code is called; anything else stays as it is."""
        if value == "mixed":
            return self("common.mixed")
        # Three letters and more are names of sources and regions, not codes of ours.
        found = Locale.parse(self._locale).languages.get(value) if len(value) == 2 else None
        return str(found) if found else value

    def months(self) -> tuple[str, ...]:
        """Twelve short names of months."""
        named = get_month_names("abbreviated", context="stand-alone", locale=self._locale)
        return tuple(str(named[month]).rstrip(".") for month in range(1, 13))

    def chart(self) -> ChartWords:
        """The words of charts."""
        plain = (
            "share",
            "interval",
            "period",
            "authors",
            "posts",
            "incomplete",
            "poll",
            "monitor",
            "question",
            "event",
        )
        more = ("source", "day", "missing", "nothing", "difference", "verdict", "value", "daily", "weekly")
        return ChartWords(
            **{name: self(f"chart.{name}") for name in (*plain, *more)},
            months=self.months(),
            stances={name: self(f"stance.{name}") for name in ("against", "neutral", "favor", "agree", "yes")},
            verdicts={name: self(f"verdict.{name}") for name in ("above", "below", "consistent", "insufficient")},
        )


# A page writes the same few numbers and dates again and again, and Babel reads its pattern anew each time.
@lru_cache(maxsize=4096)
def _decimal(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=4096)
def _percent(share: float, pattern: str, locale: str) -> str:
    return format_percent(share, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _date(day: dt.date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Every text of a language by its key."""
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return {f"{part}.{key}": str(text) for part, keys in loaded.items() for key, text in keys.items()}


@cache
def words_of(language: Language) -> Words:
    """The words of a language."""
    return Words(language)


def preferred(accepted: str, otherwise: Language) -> Language:
    """The first of our languages that a browser's Accept-Language names, by its weights."""
    weighed = []
    for position, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        code = name.split("-")[0].lower()
        try:
            weighed.append((-float(weight or 1), position, code))
        except ValueError:
            continue
    known = [code for _, _, code in sorted(weighed) if code in LANGUAGES]
    return known[0] if known else otherwise
