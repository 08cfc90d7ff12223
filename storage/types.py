"""Column types that read back the same from SQLite and from PostgreSQL.

An instant is a count of microseconds since 1970-01-01T00:00Z in a BIGINT: exact, ordered, without
a time zone that a server could change, and good for any year of `datetime`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def to_microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, negative before it. ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(
            f"the time {moment.isoformat()} has no time zone; give it one, for example tzinfo=datetime.UTC"
        )
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> dt.datetime:
    """The UTC instant so many microseconds after 1970-01-01T00:00Z."""
    return EPOCH + dt.timedelta(microseconds=count)


def storable(text: str) -> str:
    """`text` without what a database cannot hold: NUL is removed, a surrogate without its pair becomes U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Instant(sa.types.TypeDecorator[dt.datetime]):
    """An aware datetime in, an aware UTC datetime out; microseconds in the database."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        """Microseconds for the database."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> dt.datetime | None:
        """The instant for the program."""
        return None if value is None else from_microseconds(value)


class Words(sa.types.TypeDecorator[str]):
    """Text that may have come from anywhere: made storable on its way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Storable text for the database."""
        return None if value is None else storable(value)


class Json(sa.types.TypeDecorator[Any]):
    """Plain values as JSON text with sorted keys, so that equal values are equal bytes on every database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """JSON text for the database."""
        return to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The plain value for the program."""
        return None if value is None else json.loads(value)


class NameList(Json):
    """A tuple of names, as a JSON list."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The tuple for the program."""
        return () if value is None else tuple(json.loads(value))


class NoteList(Json):
    """A tuple of plain mappings, as a JSON list."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The tuple for the program."""
        return () if value is None else tuple(json.loads(value))


def to_json(value: Any) -> str:
    """`value` as storable JSON text with sorted keys."""
    return storable(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))).replace("\\u0000", "")
