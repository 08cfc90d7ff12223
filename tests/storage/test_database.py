"""Opening: whatever stands in the way is named together with the way out; a kill loses nothing."""

from __future__ import annotations

import datetime as dt
import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import dialects
from storage.cursors import read_cursor, write_cursor
from storage.database import Database, open_database
from storage.errors import BadAddress, CannotOpen, DatabaseBusy, NotADatabase, ServerUnreachable
from storage.posts import count_posts, latest_revision, upsert_posts
from storage.records import Post, Source
from storage.sources import sources, upsert_source


def test_a_new_file_and_its_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "pikir.db"
    with open_database(f"sqlite:///{path}") as database, database.write() as c:
        write_cursor(c, "stage", "1")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"pikir.db": 0o600, "pikir.db-wal": 0o600, "pikir.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_sqlite_is_opened_for_many_processes(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database, database.read() as c:
        pragmas = {
            name: c.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}


def test_what_was_written_is_there_when_opened_again(url: str) -> None:
    with open_database(url) as database, database.write() as c:
        write_cursor(c, "annotate", "17")
    with open_database(url) as database, database.read() as c:
        assert read_cursor(c, "annotate") == "17"


def _write_and_fail(database: Database) -> None:
    with database.write() as c:
        write_cursor(c, "annotate", "17")
        raise InterruptedError


def test_an_exception_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(InterruptedError):
        _write_and_fail(database)
    with database.read() as c:
        assert read_cursor(c, "annotate") is None


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.read() as c:
        write_cursor(c, "annotate", "17")
    with database.write() as c:
        write_cursor(c, "annotate", "18")


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert sources(reader) == []
        with database.write() as c:
            upsert_source(c, Source("forum", "forum"))
        assert sources(reader) == []
    with database.read() as reader:
        assert [source.source for source in sources(reader)] == ["forum"]


def test_the_password_is_not_printed() -> None:
    engine = dialects.make_engine(dialects.parse_url("postgresql://ann:s3cret@db.example/pikir"))
    assert Database(engine).url_safe == "postgresql://ann:***@db.example/pikir"


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:", "pikir.db", ""])
def test_an_address_that_names_no_database_of_ours_says_how_to_write_one(url: str) -> None:
    with pytest.raises(BadAddress, match=r"sqlite:///var/pikir\.db"):
        open_database(url)


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ServerUnreachable, match="Check that the server runs") as raised:
        open_database(f"postgresql://ann:s3cret@/pikir?host={tmp_path}")
    assert "s3cret" not in str(raised.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, today I opened a database.")
    with pytest.raises(NotADatabase, match=r"notes\.txt is no SQLite database"):
        open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


def test_a_database_file_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    with pytest.raises(CannotOpen, match="damaged"):
        open_database(f"sqlite:///{path}")


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="give a path that you may write to"):
        open_database(f"sqlite:///{tmp_path}")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(CannotOpen):
        open_database(f"sqlite:///{tmp_path / 'var' / 'pikir.db'}")


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialects, "WRITER_WAIT_SECONDS", 0.05)
    with (
        open_database(f"sqlite:///{tmp_path / 'a.db'}") as database,
        database.write(),
        pytest.raises(DatabaseBusy, match="nothing is lost"),
        database.write(),
    ):
        pytest.fail("two writers at once")


def test_two_writers_take_turns(database: Database) -> None:
    def add(name: str) -> None:
        for count in range(10):
            with database.write() as c:
                upsert_source(c, Source(f"{name}{count}", "forum"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, ["a", "b"]))
    with database.read() as c:
        assert len(sources(c)) == 20


def test_several_that_open_a_new_database_at_once_all_get_it(empty_url: str) -> None:
    start = threading.Barrier(4)

    def open_and_close(_: int) -> None:
        start.wait()
        open_database(empty_url).close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_and_close, range(4)))
    with open_database(empty_url) as database, database.read() as c:
        assert latest_revision(c) == 0


_ENDLESS_WRITER = """
import datetime as dt, itertools, sys
from storage.cursors import write_cursor
from storage.database import open_database
from storage.posts import upsert_posts
from storage.records import Post
database = open_database(sys.argv[1])
for batch in itertools.count():
    with database.write() as c:
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        upsert_posts(c, [Post("s", str(batch * 50 + i), moment, "text") for i in range(50)])
        write_cursor(c, "import", str(batch * 50 + 50))
    print(batch, flush=True)
"""


def test_a_kill_at_any_instant_leaves_posts_and_cursor_in_step(url: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _ENDLESS_WRITER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(root)}) as writer:
        assert writer.stdout is not None
        for _ in range(5):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
    with open_database(url) as database, database.write() as c:
        assert count_posts(c) >= 250
        assert read_cursor(c, "import") == str(count_posts(c)) == str(latest_revision(c))


def test_a_file_that_only_its_owner_reads_stays_so_after_a_write(tmp_path: Path) -> None:
    path = tmp_path / "pikir.db"
    path.touch()
    path.chmod(0o640)
    with open_database(f"sqlite:///{path}") as database, database.write() as c:
        write_cursor(c, "stage", str(dt.date(2026, 1, 1)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


_OTHER_PROCESS = """
import sys
from storage.cursors import write_cursor
from storage.database import open_database
from storage.posts import count_posts
with open_database(sys.argv[1]) as database, database.write() as c:
    write_cursor(c, "other", "1")
    print(count_posts(c))
"""


def test_opened_twice_in_a_process_while_others_write_it_loses_nothing(tmp_path: Path) -> None:
    """A process that closes any descriptor of a file drops its locks on it: opening again must not do that.

    Without them another process takes itself for the last one, and takes the write-ahead log away.
    """
    url = f"sqlite:///{tmp_path / 'twice.db'}"

    def seen_by_another() -> int:
        command = [sys.executable, "-c", _OTHER_PROCESS, url]
        done = subprocess.run(command, check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True)
        return int(done.stdout)

    posts = [Post("forum", str(i), dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "text", "a") for i in range(300)]
    with open_database(url) as first:
        with first.write() as c:
            upsert_posts(c, posts[:100])
        open_database(url).close()
        assert seen_by_another() == 100
        with first.write() as c:
            upsert_posts(c, posts)
        assert seen_by_another() == 300
