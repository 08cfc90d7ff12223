"""The migrations lead from nothing, and from the version before, to exactly the tables that the program declares."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.alerts import alerts, deliveries
from storage.database import Database, open_database
from storage.dialects import make_engine, parse_url
from storage.errors import NotADatabase, SchemaTooNew
from storage.migrations import FOLDER, HEAD, VERSION_TABLE, migrate, schema_version
from storage.opinions import opinions_of, replace_opinions
from storage.posts import changed_posts
from storage.readings import read_readings, write_readings
from storage.records import Opinion, Post, Reading
from storage.tables import metadata, posts


def _differences(database: Database) -> list[object]:
    with database.read() as c:
        opts = {"version_table": VERSION_TABLE, "compare_type": True, "include_object": _declared}
        context = MigrationContext.configure(c, opts=opts)
        return list(compare_metadata(context, metadata))


def _declared(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """All but the index of words, which is a virtual table on SQLite and filled by triggers on both."""
    return not (name or "").startswith("post_words")


def test_from_empty_the_schema_is_the_declared_one(empty_url: str) -> None:
    with open_database(empty_url) as database:
        assert _differences(database) == []
        with database.read() as c:
            assert schema_version(c) == HEAD


def test_from_the_version_before_the_rows_stay(empty_url: str) -> None:
    post = Post("s", "1", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "Сәлем")
    opinion = Opinion("s", "1", "russia", "m", 0.2, 0.3, 0.5, "favor")
    before = Database(make_engine(parse_url(empty_url)))
    with before.write() as c:
        migrate(c, "0001")
        c.execute(sa.insert(posts).values(revision=1, **asdict(post)))
        replace_opinions(c, [("s", "1")], "m", [opinion])
    assert _differences(before) != []
    before.close()
    with open_database(empty_url) as database:
        assert _differences(database) == []
        with database.write() as c:
            assert [stored.post for stored in changed_posts(c, 0, 10)] == [post]
            assert opinions_of(c, "s", "1") == [opinion]
            write_readings(c, [Reading("d", "m", "kk")])
            assert list(read_readings(c, ["d"], "m")) == ["d"]


def test_what_was_sent_before_stays_sent(empty_url: str) -> None:
    before = Database(make_engine(parse_url(empty_url)))
    with before.write() as c:
        migrate(c, "0003")
        names = '"rule", "target", "group", "value", "window", "measure", "state", "explanation", "acknowledged_by"'
        texts = "'r', 'migrants', 'all', 'all', '2022-09-21', 'mentions', 'open', '{}', ''"
        numbers = "1, 9, 5, 7, 3, 1000000"
        c.exec_driver_sql(
            f"INSERT INTO alerts (id, observed, expected, upper, score, raised_at, {names}) VALUES ({numbers}, {texts})"
        )
        columns = "alert_id, channel, attempts, delivered_at, error, attempted_at"
        c.exec_driver_sql(f"INSERT INTO deliveries ({columns}) VALUES (1, 'log', 1, 2000000, '', 2000000)")
        c.exec_driver_sql(f"INSERT INTO deliveries ({columns}) VALUES (1, 'mail', 2, NULL, 'refused', 2000000)")
    before.close()
    with open_database(empty_url) as database, database.read() as c:
        (kept,) = alerts(c)
        assert (kept.kind, kept.ended, kept.notes, kept.window) == ("opinion", None, (), "2022-09-21")
        log, mail = deliveries(c, 1)
        assert (log.occasion, log.delivered_at is not None, log.attempts) == ("raised", True, 1)
        assert (mail.occasion, mail.error, mail.attempts, mail.dead_at) == ("raised", "refused", 2, None)


def test_opening_again_changes_nothing(empty_url: str) -> None:
    for _ in range(2):
        with open_database(empty_url) as database, database.read() as c:
            assert schema_version(c) == HEAD


def test_the_head_is_the_last_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_of_a_newer_program_is_refused_untouched(empty_url: str) -> None:
    with open_database(empty_url) as database, database.write() as c:
        c.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match=r"version 9999.*update this checkout"):
        open_database(empty_url)


def test_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    engine = make_engine(parse_url(empty_url))
    with Database(engine).write() as c:
        c.execute(sa.text("CREATE TABLE posts (anything TEXT)"))
    with pytest.raises(NotADatabase, match="the tables posts of another program"):
        open_database(empty_url)
    assert set(sa.inspect(engine).get_table_names()) == {"posts"}
    engine.dispose()


def _migrate_and_fail(database: Database) -> None:
    with database.write() as c:
        migrate(c, "0001")
        raise InterruptedError


def test_a_migration_that_fails_halfway_leaves_nothing(empty_url: str) -> None:
    database = Database(make_engine(parse_url(empty_url)))
    with pytest.raises(InterruptedError):
        _migrate_and_fail(database)
    with database.read() as c:
        assert schema_version(c) is None
        assert sa.inspect(c).get_table_names() == []
    database.close()
