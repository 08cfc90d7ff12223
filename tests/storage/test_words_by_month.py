"""On PostgreSQL the index of words has a partition for each month, made with its first post."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, open_database
from storage.evidence import Wanted, count_found
from storage.forgetting import forget
from storage.matching import said
from storage.posts import upsert_posts
from storage.records import Post
from storage.retention import purge_texts
from storage.tables import posts

if TYPE_CHECKING:
    from conftest import PostgresServer

OCTOBER = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[Database]:
    with open_database(postgres.create()) as database:
        yield database


def post(native_id: str, at: dt.datetime, text: str = "слово") -> Post:
    return Post("s", native_id, at, text)


def months(c: Connection) -> dict[str, int]:
    """Words by the partition that they lie in."""
    found = c.exec_driver_sql("SELECT tableoid::regclass::text, count(*) FROM post_words GROUP BY 1")
    return {name.removeprefix("post_words_"): int(number) for name, number in found}


def test_a_month_begins_with_its_first_instant_and_odd_years_share_a_place(server: Database) -> None:
    far = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (1, 1999, 2100, 9999)]
    with server.write() as c:
        upsert_posts(c, [post("a", OCTOBER - SECOND), post("b", OCTOBER), post("c", OCTOBER + 31 * 86_400 * SECOND)])
        upsert_posts(c, [post(str(at.year), at) for at in far])
        assert months(c) == {"2022_09": 1, "2022_10": 1, "2022_11": 1, "other": 4}


def test_a_post_that_moves_in_time_or_loses_its_text_moves_its_words(server: Database) -> None:
    with server.write() as c:
        upsert_posts(c, [post(str(n), OCTOBER + n * SECOND) for n in range(100)])
        upsert_posts(c, [post(str(n), OCTOBER - (n + 1) * SECOND, "другое") for n in range(60)])
        assert months(c) == {"2022_09": 60, "2022_10": 40}
        assert count_found(c, Wanted("m", words="другое")) == 60
        assert purge_texts(c, OCTOBER) == 60
        assert months(c) == {"2022_10": 40}
        forget(c, [], [("s", str(n)) for n in range(60, 99)])
        assert months(c) == {"2022_10": 1}


def test_a_search_in_a_week_reads_one_month(server: Database) -> None:
    with server.write() as c:
        upsert_posts(c, [post(str(n), OCTOBER + n * dt.timedelta(days=30)) for n in range(24)])
        week = Wanted("m", words="слово", starts=OCTOBER + dt.timedelta(days=35), ends=OCTOBER + dt.timedelta(days=42))
        sa.event.listen(c, "before_cursor_execute", _explained, retval=True)
        plan = "\n".join(c.execute(sa.select(posts.c.revision).where(said(c, week))).scalars())
    assert set(re.findall(r"on (post_words_\w+?_\w+?)_", plan)) == {"post_words_2022_11"}


def _explained(*told: Any) -> tuple[str, Any]:
    return f"EXPLAIN {told[2]}", told[3]
