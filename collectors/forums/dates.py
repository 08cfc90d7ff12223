"""Times as forums show them, in Russian, Kazakh, Ukrainian and English: "вчера, 14:05", "3 сағат бұрын"."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from collectors.batches import RecordError
from collectors.forums.calendar_words import months_in, weekday_in
from collectors.values import Clock, excerpt

_DAYS_BACK = {
    "сегодня": 0, "бүгін": 0, "сьогодні": 0, "today": 0, "позавчера": 2, "алдыңғы күні": 2, "вчера": 1, "кеше": 1,
    "вчора": 1, "yesterday": 1,
}  # fmt: skip
_UNITS = {
    "полчаса": 1800, "сек": 1, "sec": 1, "мин": 60, "min": 60, "хв": 60, "час": 3600, "ч": 3600, "сағ": 3600,
    "hour": 3600, "hr": 3600,
    "год": 31_556_952, "г": 31_556_952,
    "дн": 86_400, "ден": 86_400, "күн": 86_400, "day": 86_400, "нед": 604_800, "апта": 604_800,
    "week": 604_800, "тижн": 604_800, "мес": 2_629_746, "ай": 2_629_746, "month": 2_629_746, "лет": 31_556_952,
    "жыл": 31_556_952, "year": 31_556_952,
}  # fmt: skip
_COUNTS = {
    "бір": 1, "екі": 2, "үш": 3, "төрт": 4, "бес": 5, "алты": 6, "жеті": 7, "сегіз": 8, "тоғыз": 9, "он": 10,
    "жарты": 0.5, "один": 1, "одну": 1, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7,
    "восемь": 8, "девять": 9, "десять": 10, "полтора": 1.5, "полторы": 1.5, "пару": 2, "a": 1, "an": 1, "one": 1,
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_AGO = re.compile(
    rf"(?:\b(\d{{1,6}}|{'|'.join(_COUNTS)})\s+)?([^\W\d]+)\.?,?\s+(?:назад|бұрын|тому|ago)\b", re.IGNORECASE
)
_SEVERAL = re.compile(
    r"((?:\d{1,6}\s*[^\W\d]+\.?,?\s+(?:и\s+|and\s+|және\s+)?){2,})(?:назад|бұрын|тому|ago)\b", re.IGNORECASE
)
_PART = re.compile(r"(\d{1,6})\s*([^\W\d]+)")
_LONGEST = 300
_LONG_AGO = dt.timedelta(days=36_500)
_NOW = re.compile(
    r"только что|^(?:прямо )?сейчас$|менее минуты|жаңа ғана|қазір|щойно|just now|moments? ago|less than a minute",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?\s*([ap])\.?m\b\.?|(?<![\d.:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])",
    re.IGNORECASE,
)
_DOTTED_TIME = re.compile(r"(?<![\d./-])([01]?\d|2[0-3])\.([0-5]\d)(?![\d./-]*\d)")
_NAMED_TIME = {"noon": (12, 0, 0), "midnight": (0, 0, 0)}
_OFFSET = re.compile(
    r"(?:(?:UTC|GMT)\s*([+\-−]\s?\d{1,2})(?::?(\d{2}))?|(?<=\s)([+-]\d{2}):?(\d{2}))(?!\d)", re.IGNORECASE
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?|\d{9,16}(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in UTC. `exact`: False where the page only says how long ago it was. `lasting`: False where the same words
    mean another time on another day ("вчера, 14:05")."""

    at: dt.datetime
    exact: bool = True
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class ForumClock:
    """Reads the times of a forum in `zone`, as they stood on a page fetched at a known moment."""

    clock: Clock
    zone: dt.tzinfo
    day_first: bool = True

    def read(self, text: str, seen: dt.datetime) -> Moment:
        """The moment that `text` names. A date without a year is the last such date before `seen`.

        RecordError where it names none, or one outside the plausible range of the clock.
        """
        text = " ".join(text[:_LONGEST].replace("\u00a0", " ").split())
        if not text:
            raise RecordError("no date")
        if _ISO.fullmatch(text) or text.isdecimal():
            return Moment(self._plausible(self.clock.read(_zoned(text, self.zone))))
        ago = _seconds_ago(text)
        if ago is not None:
            return Moment(self._plausible(seen - min(dt.timedelta(seconds=ago), _LONG_AGO)), exact=False, lasting=False)
        if _NOW.search(text):
            return Moment(seen, exact=False, lasting=False)
        lasting = bool(_NUMBERS.search(text) or months_in(text))
        return Moment(self._plausible(self._absolute(text, seen)), lasting=lasting)

    def _absolute(self, text: str, seen: dt.datetime) -> dt.datetime:
        zone = offset_in(text) or self.zone
        local = seen.astimezone(zone)
        rest = _OFFSET.sub(" ", text)
        timed, rest = _time_of_day(rest)
        dotted = None if timed else _DOTTED_TIME.search(rest)
        if dotted:
            rest = rest[: dotted.start()] + " " + rest[dotted.end() :]
        day = self._day(rest, local.date())
        if day is None:
            if timed is None or _WORD.search(rest):
                raise RecordError(
                    f"the date {excerpt(text, 40)!r} is not understood; name its place in the rules of the forum"
                )
            day = local.date()
        if dotted:
            timed = (int(dotted[1]), int(dotted[2]), 0)
        try:
            return dt.datetime.combine(day, dt.time(*(timed or (0, 0, 0))), zone).astimezone(dt.UTC)
        except ValueError:
            raise RecordError(f"the date {excerpt(text, 40)!r} does not exist") from None

    def _day(self, text: str, today: dt.date) -> dt.date | None:
        lowered = text.lower()
        for word, back in _DAYS_BACK.items():
            if word in lowered:
                return today - dt.timedelta(days=back)
        try:
            if numbers := _NUMBERS.search(text):
                day_first = self.day_first or "." in numbers[0]
                parts = (int(numbers[1]), int(numbers[2]), int(numbers[3]))
                found = _from_numbers(parts, day_first)
                # What would lie in the future was written the other way round.
                return found if found <= today else _from_numbers(parts, not day_first, found)
            return _from_words(lowered, today)
        except ValueError:
            raise RecordError(f"the date {excerpt(text, 40)!r} does not exist") from None

    def _plausible(self, moment: dt.datetime) -> dt.datetime:
        return self.clock.read(moment.isoformat())


def _seconds_ago(text: str) -> int | None:
    """How long ago a text says, in seconds: "3 сағат бұрын", "2 часа 5 минут назад"; None where it does not say so."""
    if several := _SEVERAL.search(text):
        parts = [(int(many), _unit(word)) for many, word in _PART.findall(several[1])]
        if all(unit for _, unit in parts):
            return sum(many * unit for many, unit in parts)
    ago = _AGO.search(text)
    if ago and (unit := _unit(ago[2])):
        return int((int(ago[1]) if (ago[1] or "").isdecimal() else _COUNTS.get((ago[1] or "a").lower(), 1)) * unit)
    return None


def _from_numbers(parts: tuple[int, int, int], day_first: bool, instead: dt.date | None = None) -> dt.date:
    """The date in these numbers; `instead` where they are none in this order."""
    first, second, third = parts
    if first > 31:
        return dt.date(first, second, third)
    day, month = (first, second) if day_first or first > 12 else (second, first)
    if month > 12:
        day, month = month, day
    try:
        return dt.date(third + 2000 if third < 100 else third, month, day)
    except ValueError:
        if instead is None:
            raise
        return instead


def offset_in(text: str) -> dt.timezone | None:
    """The offset from UTC that a text states: "UTC+06:00", "GMT +5", "14:05 +0600"; None where it states none."""
    found = _OFFSET.search(text)
    if not found:
        return dt.UTC if re.search(r"\b(?:UTC|GMT)\b", text) else None
    hours, minutes = (found[1] or found[3]).replace(" ", "").replace("−", "-"), found[2] or found[4] or "0"
    total = int(hours) * 60 + (-1 if hours.startswith("-") else 1) * int(minutes)
    return dt.timezone(dt.timedelta(minutes=total)) if abs(total) <= 14 * 60 else None


def _zoned(text: str, zone: dt.tzinfo) -> str:
    """An ISO time without a zone, in the forum's; anything else as it is."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.replace(tzinfo=zone).isoformat() if moment.tzinfo is None and not text.isdecimal() else text


def _unit(word: str) -> int:
    word = word.lower()
    return next((seconds for beginning, seconds in _UNITS.items() if word.startswith(beginning)), 0)


def _time_of_day(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """Hours, minutes and seconds, and the text without them."""
    found = _TIME.search(text)
    if not found:
        for word, moment in _NAMED_TIME.items():
            if word in text.lower():
                return moment, text.lower().replace(word, " ")
        return None, text
    hour, minute, second = (
        int(part or 0) for part in (found[1] or found[5], found[2] or found[6], found[3] or found[7])
    )
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None, text
    return (hour, minute, second), text[: found.start()] + " " + text[found.end() :]


def _from_words(text: str, today: dt.date) -> dt.date | None:
    """A day given with the name of its month, or as a day of the last week."""
    month = months_in(text)
    if not month:
        weekday = weekday_in(text)
        return today - dt.timedelta(days=(today.weekday() + 1 - weekday) % 7 or 7) if weekday else None
    year = _YEAR.search(text)
    found_day = _DAY.search(text[: year.start()] + " " + text[year.end() :] if year else text)
    if not (year or found_day):
        return None
    number = int(found_day[1]) if found_day else 1
    if year:
        return dt.date(int(year[1]), month, number)
    years = (today.year - back for back in range(9))
    return next((found for one in years if (found := _date(one, month, number)) and found <= today), None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def zone_of(name: str, stated: str, default: ZoneInfo) -> dt.tzinfo:
    """The zone of a forum's times: the configured one, else what the page states, else the default."""
    return ZoneInfo(name) if name else offset_in(stated) or default
