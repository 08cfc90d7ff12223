"""Values of unknown make → text, ids, counts and times; RecordError or "" / None where there is nothing sensible."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from collectors.batches import RecordError
from collectors.contacts import mask_contacts

EARLIEST = dt.datetime(2005, 1, 1, tzinfo=dt.UTC)
_MAX_COUNT = 2**31 - 1
_MAX_ID = 200
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOBODY = frozenset({"", "nan", "none", "null"})
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
# Four digits are a year and eight a basic ISO date; no other short number is a date after 2005.
_NUMBER = re.compile(r"-?(?:\d{1,3}|\d{9,19})(?:\.\d{1,9})?")
_COUNT = re.compile(r"(\d{1,15}(?:[.,]\d)?)\s?([KkКкMmМм]?)")
_ID_KEYS = ("user_id", "channel_id", "chat_id", "reply_to_msg_id", "id", "username", "name")


def decode_json(raw: bytes) -> tuple[Any, bool]:
    """The JSON value in `raw`, and whether bytes that are not UTF-8 had to be replaced.

    NaN, numbers beyond 64 bits, control characters and lone surrogates inside strings are let through: they spoil a
    field, not the record. RecordError where it is no JSON.
    """
    try:
        return orjson.loads(raw), False
    except orjson.JSONDecodeError:
        pass
    text = raw.decode("utf-8", "replace")
    try:
        value = json.loads(text, strict=False, parse_int=lambda digits: int(digits[:4000]))
    except RecursionError:
        raise RecordError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"not JSON: {error.msg} at character {error.pos}") from None
    return value, "\ufffd" in text and b"\xef\xbf\xbd" not in raw


def clean(text: str) -> str:
    """Without what a database refuses: NUL and other control characters go, lone surrogates become U+FFFD.

    "" where nothing is left to see, as in a post of zero-width characters that only carries a link's picture.
    """
    if not text.isprintable():
        text = _CONTROL.sub("", text)
        if _SURROGATE.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if not any(char.isprintable() and not char.isspace() for char in text):
            return ""
    return text.strip()


def excerpt(value: object, length: int = 80) -> str:
    """The beginning of a text, on one line and with contacts masked, to recognise a rejected record by.

    "" for lists and objects: what they hold may name people.
    """
    if not isinstance(value, str | int | float):
        return ""
    text = mask_contacts(" ".join(clean(str(value)[: length * 5]).split()))
    return text if len(text) <= length else text[: length - 1] + "…"


def identifier(value: object) -> str:
    """An id or name as text: numbers in digits, Telegram's peer objects by their id, "" where there is none."""
    if isinstance(value, dict):
        return next((found for key in _ID_KEYS if (found := _scalar_identifier(value.get(key)))), "")
    return _scalar_identifier(value)


def _scalar_identifier(value: object) -> str:
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) else ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = clean(str(value))
    if text.lower() in _NOBODY:
        return ""
    # Spreadsheets and data frames turn integer columns with gaps into 17.0.
    if text.endswith(".0") and text[:-2].lstrip("-").isdigit():
        text = text[:-2]
    return text if len(text) <= _MAX_ID else hashlib.sha256(text.encode()).hexdigest()


def count(value: object) -> int | None:
    """A count of views, forwards or reactions: 12, "12", "1.2K", a list or an object of {"count": n}; else None."""
    if value is None:
        return None
    if isinstance(value, dict):
        value = value.get("results", [value])
    if isinstance(value, list):
        numbers = [_scalar_count(item.get("count")) for item in value if isinstance(item, dict)]
        return min(sum(number or 0 for number in numbers), _MAX_COUNT)
    return _scalar_count(value)


def _scalar_count(value: object) -> int | None:
    if isinstance(value, str):
        matched = _COUNT.fullmatch(value.strip().removesuffix(".0"))
        if not matched:
            return None
        scale = {"": 1, "k": 1_000, "к": 1_000, "m": 1_000_000, "м": 1_000_000}[matched[2].lower()]
        value = float(matched[1].replace(",", ".")) * scale
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 0 <= value <= _MAX_COUNT else None


def plain_text(value: object) -> str:
    """The text of a field that is a string, nothing, or a list of strings and {"text": …}; RecordError otherwise."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if not isinstance(value, list):
        raise RecordError(f"the text is no text but {type(value).__name__} {excerpt(value, 40)}".rstrip())
    parts = [part.get("text") if isinstance(part, dict) else part for part in value]
    texts = [part for part in parts if isinstance(part, str)]
    if parts and not texts:
        raise RecordError("the text is a list without any text in it")
    return "".join(texts)


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads times. Naive ones are in `zone`; those outside [earliest, latest] are refused as implausible."""

    zone: ZoneInfo
    latest: dt.datetime
    earliest: dt.datetime = EARLIEST

    def read(self, value: object) -> dt.datetime:
        """The UTC time of ISO 8601, Unix seconds, milli- or microseconds, dd.mm.yyyy [hh:mm[:ss]]; else RecordError."""
        if value is None or value == "":
            raise RecordError("no date")
        moment = self._parse(value)
        if not self.earliest <= moment <= self.latest:
            raise RecordError(
                f"the date {moment:%Y-%m-%d} lies outside {self.earliest:%Y-%m-%d} … {self.latest:%Y-%m-%d}"
            )
        return moment

    def read_optional(self, value: object) -> dt.datetime | None:
        """Like `read`, but None where there is no sensible time: for times that a post can do without."""
        try:
            return self.read(value) if value else None
        except RecordError:
            return None

    def _parse(self, value: object) -> dt.datetime:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise RecordError(f"the date is no date but {type(value).__name__} {excerpt(value, 40)}".rstrip())
        try:
            if isinstance(value, str):
                return self._from_text(value.strip())
            return _from_number(value)
        except (ValueError, OverflowError, OSError):
            raise RecordError(
                f"the date {excerpt(value, 40)!r} is not understood; write ISO 8601, Unix seconds or dd.mm.yyyy hh:mm"
            ) from None

    def _from_text(self, text: str) -> dt.datetime:
        if text.isdecimal() and 9 <= len(text) <= 19:
            return _from_number(int(text))
        if _NUMBER.fullmatch(text):
            return _from_number(float(text) if "." in text else int(text))
        if dotted := _DOTTED.fullmatch(text):
            day, month, year, hour, minute, second = (int(part or 0) for part in dotted.groups())
            moment = dt.datetime(year, month, day, hour, minute, second)
        else:
            moment = dt.datetime.fromisoformat(text.removesuffix(" UTC") + "+00:00" if text.endswith(" UTC") else text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(dt.UTC)


def _from_number(value: float) -> dt.datetime:
    """Seconds, milliseconds or microseconds since 1970, told apart by size: 10**11 seconds is the year 5138."""
    size = abs(value)
    seconds = value if size < 1e11 else value / 1e3 if size < 1e14 else value / 1e6
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
