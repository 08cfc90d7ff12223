"""The interface of every collector, and the way in for files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from collectors.batches import (
    Batch,
    CollectorError,
    RecordError,
    Seen,
    Shown,
    Skip,
    SourcePostponed,
    SourceUnavailable,
    Tally,
)
from collectors.files import TextFile
from collectors.formats import SUPPORTED, recognise
from collectors.intake import Intake
from collectors.mbox import open_mbox
from collectors.privacy import Pseudonymiser
from collectors.tables import open_messages, open_table
from collectors.telegram.export import open_export
from collectors.values import EARLIEST, Clock
from storage.records import Source

__all__ = [
    "Batch",
    "Collector",
    "CollectorError",
    "Notify",
    "RecordError",
    "Seen",
    "Shown",
    "Skip",
    "SourcePostponed",
    "SourceUnavailable",
    "Tally",
    "open_collector",
]

Notify = Callable[[str], None]
"""Receives a line that the user should see while a source is read, such as a wait that the server asked for."""


@runtime_checkable
class Collector(Protocol):
    """A source, and its posts from a position on."""

    @property
    def source(self) -> Source:
        """What the posts belong to; its name is in every post."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out on purpose, in words for the user."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the last reading that ended well came to the source's end, and not only to that of a budget."""
        ...

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        """Batches behind `position` (None: everything). Nothing new, no batch.

        CollectorError where nothing, or nothing more, can be read.
        """
        ...


def open_collector(
    path: str | Path,
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    pseudonymiser: Pseudonymiser,
    timezone: str | ZoneInfo,
    mask: bool = True,
    earliest: dt.datetime = EARLIEST,
    latest: dt.datetime | None = None,
) -> list[Collector]:
    """Collectors for an export: one, or one for each channel and group of a Telegram account.

    `mapping`: our field → their column, for tables. `timezone`: of times that name no zone. Posts dated before
    `earliest` or after `latest` (a day from now unless given) are rejected. `mask`: replace contact data by tokens.
    Of a folder, the `result.json` in it is read. The names of an account's sources come from the chats' titles;
    `source` gives language and region. CollectorError where the file is missing, empty, of another format, or lacks
    a column that posts need.
    """
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    clock = Clock(zone, latest or dt.datetime.now(dt.UTC) + dt.timedelta(days=1), earliest)
    intake = Intake(source, pseudonymiser, clock, mask)
    file = TextFile(_file_in(Path(path)))
    kind = recognise(file)
    if kind == "mbox":
        return [open_mbox(file, intake)]
    if kind == "telegram" and (tracked := open_messages(file, intake)):
        return [tracked]
    if kind != "telegram":
        return [open_table(file, kind, intake, mapping)]
    if mapping:
        raise CollectorError(f"{file.path} is a Telegram export, whose fields are known: leave out the mapping")
    return list(open_export(file, intake))


def _file_in(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_dir():
        return path
    if (path / "result.json").is_file():
        return path / "result.json"
    if any(path.glob("messages*.html")):
        raise CollectorError(
            f"{path} is a Telegram export in HTML. In Telegram Desktop choose “Machine-readable JSON” as its format"
        )
    raise CollectorError(f"{path} is a folder without a result.json. Name a file. {SUPPORTED}")
