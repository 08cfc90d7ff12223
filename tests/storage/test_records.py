"""Sources, cursors, audits, what was rejected, and whether two databases hold the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from pathlib import Path

import pytest

from storage import records
from storage.audits import audit_frame, upsert_audits
from storage.cursors import cursors, read_cursor, write_cursor
from storage.database import Database, open_database
from storage.fingerprint import fingerprint
from storage.posts import upsert_posts
from storage.records import Audit, Post, Rejected, Source
from storage.rejected import keep_rejected, rejected
from storage.sources import sources, upsert_source
from storage.tables import metadata

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("table", "record"),
    [
        ("sources", "Source"), ("posts", "Post"), ("opinions", "Opinion"), ("readings", "Reading"),
        ("audits", "Audit"), ("draws", "Draw"), ("drawn_posts", "DrawnPost"), ("adjudications", "Adjudication"),
        ("shares", "Share"), ("polls", "Poll"), ("comparisons", "Comparison"),
        ("alerts", "Alert"), ("deliveries", "Delivery"), ("cursors", "Cursor"), ("coverage", "Coverage"),
        ("rejected", "Rejected"),
    ],
)  # fmt: skip
def test_every_record_has_its_table_with_its_fields(table: str, record: str) -> None:
    named = {field.name for field in fields(getattr(records, record))}
    assert {column.name for column in metadata.tables[table].columns} - {"revision"} == named


def test_a_source_is_written_by_its_name(database: Database) -> None:
    with database.write() as c:
        upsert_source(c, Source("z", "channel", audience=100))
        upsert_source(c, Source("a", "forum", "https://example.org", "Форум", "kk", "Almaty"))
        upsert_source(c, Source("z", "group"))
        assert sources(c) == [
            Source("a", "forum", "https://example.org", "Форум", "kk", "Almaty"),
            Source("z", "group"),
        ]


def test_a_cursor_keeps_its_last_position(database: Database) -> None:
    with database.write() as c:
        assert read_cursor(c, "stage") is None
        write_cursor(c, "stage", "1")
        write_cursor(c, "stage", "2")
        write_cursor(c, "other", "")
        assert (read_cursor(c, "stage"), read_cursor(c, "other")) == ("2", "")
        assert [cursor.name for cursor in cursors(c)] == ["other", "stage"]


def test_what_was_rejected_is_kept_once_with_its_place(database: Database) -> None:
    bad = Rejected("forum", "file.jsonl:7", "no date", '{"text": "\ud800\x00"}')
    with database.write() as c:
        keep_rejected(c, [bad, bad])
        keep_rejected(c, [bad, Rejected("b", "x" * 5000 + ":1", "long", "y" * 5000)])
        kept = rejected(c)
        assert rejected(c, "forum") == [Rejected("forum", "file.jsonl:7", "no date", '{"text": "\ufffd"}')]
    assert [item.source for item in kept] == ["b", "forum"]
    assert kept[0].place.endswith("xx:1")
    assert len(kept[0].excerpt) == 1000


def test_an_audit_is_one_label_a_coder(database: Database) -> None:
    drawn = Audit("forum", "1", "migrants", "ann", None, 0.05, NOON)
    labelled = Audit("forum", "1", "migrants", "ann", "against", 0.05, NOON, NOON)
    purposive = Audit("forum", "1", "migrants", "bob", "neutral", None, NOON, NOON)
    with database.write() as c:
        upsert_posts(c, [Post("forum", "1", NOON, "text")])
        upsert_audits(c, [drawn, purposive])
        upsert_audits(c, [labelled])
        read = [Audit(**row) for row in audit_frame(c, "migrants").iter_rows(named=True)]
        assert audit_frame(c, "russia").is_empty()
    assert read == [labelled, purposive]


def test_a_fingerprint_sees_content_and_not_the_clock(database: Database, tmp_path: Path) -> None:
    post = Post("forum", "1", NOON, "Сәлем", views=3, collected_at=NOON)
    with open_database(f"sqlite:///{tmp_path / 'other.db'}") as other, database.write() as c, other.write() as d:
        for connection, day in ((c, 0), (d, 1)):
            later = NOON + dt.timedelta(days=day)
            upsert_posts(connection, [Post("forum", "1", NOON, "Сәлем", views=3, collected_at=later)])
            upsert_source(connection, Source("forum", "forum"))
            write_cursor(connection, "stage", "1")
        assert fingerprint(c) == fingerprint(d)
        write_cursor(d, "stage", "2")
        upsert_posts(d, [post])
        differing = {name for name, digest in fingerprint(c).items() if fingerprint(d)[name] != digest}
    assert differing == {"cursors"}
