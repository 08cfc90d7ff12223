"""What was forgotten by request is nowhere: no table, no index, no byte of the file; and it does not come back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from storage.alerts import alert, store_alert
from storage.audits import upsert_audits
from storage.checks import returned
from storage.database import Database
from storage.days import posts_days_between
from storage.evidence import Wanted, count_found
from storage.exports import exports, record_export
from storage.forgetting import forget, posts_of
from storage.opinions import opinions_of, replace_opinions
from storage.posts import count_posts, latest_revision, mark_deleted, upsert_posts
from storage.readings import read_readings, write_readings
from storage.records import Alert, Audit, Opinion, Post, Reading, Rejected
from storage.rejected import keep_rejected, rejected
from storage.retention import count_texts, purge_texts

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ANNA, BORIS = "a" * 22, "b" * 22


def fill(database: Database) -> None:
    posts = [
        Post("chat", "1", NOON, "Уникальноеслово про мигрантов", ANNA, text_digest="d1"),
        Post("chat", "2", NOON + DAY, "Одинаковый текст", ANNA, text_digest="d2"),
        Post("chat", "3", NOON + 2 * DAY, "Одинаковый текст", BORIS, text_digest="d2", forwarded_from=ANNA),
    ]
    quote = {"source": "chat", "native_id": "1", "posted_at": "", "text": posts[0].text}
    with database.write() as c:
        upsert_posts(c, posts)
        read = [Opinion("chat", n, "migrants", "m", 0.2, 0.3, 0.5, "favor") for n in ("1", "3")]
        replace_opinions(c, [("chat", "1"), ("chat", "3")], "m", read)
        write_readings(c, [Reading("d1", "m", "ru"), Reading("d2", "m", "ru")])
        upsert_audits(c, [Audit("chat", "1", "migrants", "aigerim", "favor", 0.5, NOON, NOON)])
        keep_rejected(c, [Rejected("chat", "line 9", "twice", "Уникальноеслово про…"), Rejected("x", "1", "no")])
        store_alert(
            c,
            Alert(
                "r",
                "migrants",
                "all",
                "all",
                "2026-03-02",
                "mentions",
                9,
                3,
                5,
                2,
                explanation={"typical_posts": [quote]},
            ),
            [],
        )


def test_an_author_leaves_every_table_and_the_index(database: Database) -> None:
    fill(database)
    with database.write() as c:
        before = latest_revision(c)
        done = forget(c, [ANNA], [])
    database.scrub()
    assert done.removed == {
        "posts": 2,
        "opinions": 1,
        "labels": 1,
        "settled labels": 0,
        "drawn posts": 0,
        "excerpts set aside": 1,
        "readings": 1,
        "mentions as origin": 1,
        "quotes in alerts": 1,
    }
    with database.read() as c:
        assert count_posts(c) == 1
        assert opinions_of(c, "chat", "1") == []
        assert list(read_readings(c, ["d1", "d2"], "m")) == ["d2"], "what Boris wrote too is read still"
        assert count_found(c, Wanted("m", words="уникальноеслово")) == 0
        assert count_found(c, Wanted("m", words="одинаковый")) == 1
        assert alert(c, 1).explanation["typical_posts"] == []
        assert [(one.place, one.excerpt) for one in rejected(c)] == [("line 9", ""), ("1", "")]
        changed = posts_days_between(c, before, latest_revision(c), ZoneInfo("UTC"))
    assert changed == {NOON.date(), (NOON + DAY).date()}, "their days are estimated anew"


def test_the_forgotten_do_not_come_back(database: Database) -> None:
    fill(database)
    with database.write() as c:
        forget(c, [ANNA], [("chat", "3"), ("chat", "77")])
        again = [
            Post("chat", "1", NOON, "Уникальноеслово про мигрантов", ANNA),
            Post("forum", "5", NOON, "Её же слова в другом месте", ANNA),
            Post("chat", "3", NOON, "Одинаковый текст", BORIS),
            Post("chat", "77", NOON, "Был забыт раньше, чем собран", BORIS),
            Post("chat", "78", NOON, "Другое", BORIS),
        ]
        written = upsert_posts(c, again)
        assert (written.new, written.forgotten) == (1, 4)
        assert list(returned(c)) == []
        assert posts_of(c, [ANNA]) == []


def test_no_byte_of_a_forgotten_text_stays_in_the_file(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "pikir.db"
    path.write_bytes(sqlite_template.read_bytes())
    from storage.database import open_database

    with open_database(f"sqlite:///{path}") as database:
        fill(database)
        with database.write() as c:
            forget(c, [ANNA], [])
        database.scrub()
        left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for word in ("Уникальноеслово", "уникальноеслово"):
        assert word.encode() not in left


def test_a_purged_text_stays_purged_when_it_is_met_again(database: Database) -> None:
    fill(database)
    with database.write() as c:
        assert count_texts(c, NOON + DAY) == 1
        assert purge_texts(c, NOON + DAY) == 1
        assert count_found(c, Wanted("m", words="уникальноеслово")) == 0
        same = Post("chat", "1", NOON, "Уникальноеслово про мигрантов", ANNA, text_digest="d1")
        assert upsert_posts(c, [same]).unchanged == 1
        assert count_texts(c, NOON + DAY) == 0
        edited = Post("chat", "1", NOON, "Другие слова", ANNA, text_digest="d9")
        assert upsert_posts(c, [edited]).changed == 1
        assert opinions_of(c, "chat", "1"), "numbers stay"


def test_a_deletion_at_the_source_is_found_by_no_search(database: Database) -> None:
    fill(database)
    with database.write() as c:
        mark_deleted(c, [("chat", "1")], NOON + DAY)
        assert count_found(c, Wanted("m", words="уникальноеслово")) == 0


def test_files_that_were_written_are_remembered_once(database: Database, tmp_path: Path) -> None:
    with database.write() as c:
        record_export(c, tmp_path / "b.html", "report", texts=True)
        record_export(c, tmp_path / "a", "export", texts=False)
        record_export(c, tmp_path / "a", "export", texts=False)
        told = [(Path(one.path).name, one.kind, one.texts) for one in exports(c)]
    assert told == [("a", "export", False), ("b.html", "report", True)]
