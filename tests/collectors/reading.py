"""What the tests of this room share: a fixed key, and a way to read a whole file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretBytes

from collectors.collector import Collector, Tally, open_collector
from collectors.privacy import Pseudonymiser
from storage.records import Post, Rejected, Source

DATA = Path(__file__).parents[1] / "data"


@dataclass
class Read:
    """All that one file gave."""

    posts: list[Post] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    position: str | None = None
    batches: int = 0

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts]


def read(collector: Collector, position: str | None = None) -> Read:
    """Everything behind `position`."""
    result = Read(position=position)
    for batch in collector.collect(position):
        result.posts += batch.posts
        result.rejected += batch.rejected
        result.tally += batch.tally
        result.position = batch.position
        result.batches += 1
        assert batch.progress is None or 0 <= batch.progress <= 1
    return result


PSEUDONYMISER = Pseudonymiser(SecretBytes(b"a key for tests only, of 32 bytes"))


def open_as(path: Path, kind: Any = "group", **options: Any) -> list[Collector]:
    """Collectors of a file, with the key and the zone of these tests."""
    options.setdefault("latest", dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    source = Source("demo", kind)
    return open_collector(path, source, pseudonymiser=PSEUDONYMISER, timezone="Asia/Almaty", **options)


def read_file(path: Path, kind: Any = "group", position: str | None = None, **options: Any) -> Read:
    """All of a file that holds one source."""
    (collector,) = open_as(path, kind, **options)
    return read(collector, position)
