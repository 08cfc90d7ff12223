"""A backup is of one instant, whoever writes meanwhile, and comes back as it was or not at all."""

from __future__ import annotations

import datetime as dt
import gzip
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.backup import check_backup, restore_backup, write_backup
from storage.database import Database, open_as_it_is, open_database
from storage.dialects import make_engine, parse_url
from storage.errors import BadBackup, NotEmpty
from storage.evidence import Wanted, count_found
from storage.fingerprint import fingerprint
from storage.migrations import HEAD, migrate, schema_version
from storage.opinions import replace_opinions
from storage.posts import count_posts, upsert_posts
from storage.records import Opinion, Post, Share
from storage.shares import replace_shares
from storage.tables import metadata, posts

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def batch(first: int, many: int = 50) -> list[Post]:
    return [
        Post("chat", str(n), NOON, f"Пост номер {n} \u2028\U0001f600", "a" * 22) for n in range(first, first + many)
    ]


def fill(database: Database) -> None:
    share = Share(
        "migrants", "week", "2026-W10", dt.date(2026, 3, 2), "all", "all", "people", "all", "favor", "m",
        0.1 + 0.2, None, None, 3, 2, 0, None, 1.25, "pcc", True,
    )  # fmt: skip
    with database.write() as c:
        upsert_posts(c, batch(0))
        replace_opinions(c, [("chat", "1")], "m", [Opinion("chat", "1", "migrants", "m", 1 / 3, 1 / 3, 1 / 3, "favor")])
        replace_shares(c, target="migrants", model="m", by="week", periods=["2026-W10"], shares=[share])


def prints(database: Database) -> dict[str, str]:
    with database.read() as c:
        return fingerprint(c)


def test_a_backup_comes_back_in_either_kind_of_database(database: Database, empty_url: str, tmp_path: Path) -> None:
    fill(database)
    file = tmp_path / "pikir.backup"
    content = write_backup(database, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (content.schema, content.tables["posts"], content.tables["opinions"]) == (HEAD, 50, 1)
    with open_as_it_is(empty_url) as target:
        assert restore_backup(target, file).digest == content.digest
        assert prints(target) == prints(database)
        with target.read() as c:
            assert count_found(c, Wanted("m", words="номер")) == 50, "its words are found"


def test_a_backup_is_of_one_instant_while_another_writes(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with database.write() as c:
                upsert_posts(c, batch(number))
                read = [Opinion("chat", str(n), "migrants", "m", 0, 0, 1, "favor") for n in range(number, number + 50)]
                replace_opinions(c, [(one.source, one.native_id) for one in read], "m", read)
            number += 50

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [write_backup(database, tmp_path / f"{n}.backup").tables for n in range(4)]
    finally:
        stop.set()
        writer.join()
    for tables in seen:
        assert tables["posts"] == tables["opinions"], "a post and its opinion are in one transaction"
        assert tables["posts"] % 50 == 0


def test_a_restore_replaces_nothing_unasked(database: Database, tmp_path: Path) -> None:
    fill(database)
    file = tmp_path / "pikir.backup"
    write_backup(database, file)
    before = prints(database)
    with database.write() as c:
        upsert_posts(c, batch(1000))
    with pytest.raises(NotEmpty, match="--force"):
        restore_backup(database, file)
    restore_backup(database, file, force=True)
    assert prints(database) == before


def test_a_damaged_file_changes_nothing(database: Database, tmp_path: Path) -> None:
    fill(database)
    file = tmp_path / "pikir.backup"
    write_backup(database, file)
    whole = gzip.decompress(file.read_bytes())
    bad = {
        "cut": gzip.compress(whole[: len(whole) // 2].rpartition(b"\n")[0] + b"\n"),
        "torn": file.read_bytes()[:-200],
        "other": gzip.compress(whole.replace("номер 7".encode(), "номер 8".encode(), 1)),
        "text": b"hello",
        "none": gzip.compress(b'{"pikir":99}\n'),
        "burst": file.read_bytes()[:200] + b"\xff" * 50 + file.read_bytes()[250:],
    }
    before = prints(database)
    for name, content in bad.items():
        place = tmp_path / name
        place.write_bytes(content)
        with pytest.raises(BadBackup, match=str(place)):
            check_backup(place)
        with pytest.raises(BadBackup):
            restore_backup(database, place, force=True)
    assert prints(database) == before


HEADED = b'{"pikir":1,"schema":"0013","created_at":"","tables":{"posts":["source"]}}\n'


@pytest.mark.parametrize(
    "lines",
    [
        b'{"pikir":1}\n',
        b'{"pikir":1,"schema":"0013","created_at":"","tables":["posts"]}\n',
        b'{"pikir":1,"schema":"0013","created_at":"","tables":{"posts":1}}\n',
        HEADED + b"17\n",
        HEADED + b'"the end"\n',
        HEADED + b'{"rows":[]}\n',
        HEADED + b'{"table":["posts"],"rows":[]}\n',
        HEADED + b'{"table":"shares","rows":[["x"]]}\n',
        HEADED + b'{"table":"posts","rows":[1]}\n',
        HEADED + b'{"table":"posts","rows":[[' + b"[" * 300 + b"]" * 300 + b"]]}\n",
        HEADED + b'{"end":["posts"]}\n',
    ],
)
def test_lines_that_pikir_never_wrote_are_told(lines: bytes, tmp_path: Path) -> None:
    place = tmp_path / "strange"
    place.write_bytes(gzip.compress(lines))
    with pytest.raises(BadBackup, match=f"{place} is damaged: .* not as pikir writes it; take another"):
        check_backup(place)


def test_a_failure_in_the_middle_leaves_what_was_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    file = tmp_path / "pikir.backup"
    write_backup(database, file)
    with database.write() as c:
        upsert_posts(c, batch(1000))
    before = prints(database)
    calls = []

    def breaks(_c: object, table: str, *_: object) -> None:
        calls.append(table)
        if table == "opinions":
            raise OSError("the disk is full")

    monkeypatch.setattr("storage.backup.load_rows", breaks)
    with pytest.raises(OSError, match="full"):
        restore_backup(database, file, force=True)
    assert "posts" in calls
    assert prints(database) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Database(make_engine(parse_url(f"sqlite:///{tmp_path}/old.db")))
    row = dict.fromkeys(("author", "thread", "reply_to", "forwarded_from", "text_digest"), "")
    row |= {"source": "s", "native_id": "1", "text": "Сәлем", "voice": "person", "language": "kk"}
    with old.write() as c:
        migrate(c, "0008")
        c.execute(sa.insert(posts).values(revision=1, posted_at=NOON, **row))
        there = sa.inspect(c)
        young = set(metadata.tables) - set(there.get_table_names())
        grown = {
            name
            for name, table in metadata.tables.items()
            if name not in young and {one.name for one in table.c} > {one["name"] for one in there.get_columns(name)}
        }
    # What that version of pikir would have written: it did not know the later tables, nor columns of these empty ones.
    with monkeypatch.context() as patch:
        patch.setattr("storage.backup._LEFT_OUT", frozenset({"sessions"} | young | grown))
        assert write_backup(old, tmp_path / "old.backup").schema == "0008"
    old.close()
    with open_as_it_is(f"sqlite:///{tmp_path}/new.db") as new:
        restore_backup(new, tmp_path / "old.backup")
        with new.read() as c:
            assert schema_version(c) == HEAD
            assert count_posts(c) == 1
            assert young <= set(sa.inspect(c).get_table_names())
    with open_database(f"sqlite:///{tmp_path}/new.db") as new, pytest.raises(NotEmpty, match="into a new database"):
        restore_backup(new, tmp_path / "old.backup", force=True)


def test_the_file_appears_whole_or_not_at_all(database: Database, tmp_path: Path) -> None:
    fill(database)
    with pytest.raises(BadBackup, match="give another file"):
        write_backup(database, tmp_path / "nowhere" / "pikir.backup")
    write_backup(database, tmp_path / "a")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".a")] == []
