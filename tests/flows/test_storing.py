"""Reading and storing side by side: neither keeps the interpreter to itself, and afterwards it is as before."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

from collectors.batches import Batch, CollectorError
from flows.storing import store_posts
from storage.database import open_database
from storage.records import Post, Source

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


class Noting:
    """A source of one batch that notes how long a thread may hold the interpreter while it is read, and then fails."""

    source = Source("chat", "group")
    notes = ()
    whole = True
    held = 0.0

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        self.held = sys.getswitchinterval()
        yield Batch([Post("chat", "1", NOON, "Сәлем")], [], "1")
        raise CollectorError("the rest cannot be read")


def test_turns_are_short_while_a_source_is_stored_and_as_before_afterwards(tmp_path: Path) -> None:
    before, collector = sys.getswitchinterval(), Noting()
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database:
        collected = store_posts(database, collector)
    assert (collected.new, collected.error) == (1, "the rest cannot be read")
    assert collector.held < before == sys.getswitchinterval()
