"""Every invariant that `pikir verify` checks is found broken where it was broken on purpose, and whole where it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from collectors.contacts import mask_contacts
from storage import checks
from storage.alerts import store_alert
from storage.cursors import write_cursor
from storage.database import Database
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Alert, Opinion, Post, Share
from storage.shares import replace_shares
from storage.tables import counters, deliveries, forgotten, opinions, posts, rejected

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
POSTS = [Post("chat", str(n), NOON, f"Текст {n}", "a" * 22) for n in range(3)]
OPINION = Opinion("chat", "1", "migrants", "m", 0.2, 0.3, 0.5, "favor")

Check = Callable[[Connection], Iterator[str]]


def masked(c: Connection) -> Iterator[str]:
    return checks.contact_data(c, mask_contacts)


ALL: list[Check] = [
    checks.schema, checks.engine, checks.references, checks.keys, checks.counters, checks.positions, checks.readings,
    checks.intervals, checks.words, checks.aside, checks.sent, checks.returned, checks.raw_authors, masked,
]  # fmt: skip


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as c:
        upsert_posts(c, POSTS)
        replace_opinions(c, [("chat", "1")], "m", [OPINION])
        write_cursor(c, "annotate:m", "3")
        write_cursor(c, "estimate:m:abc", '{"revision": 3, "first": "", "last": ""}')
    return database


def test_a_sound_database_has_no_breach(filled: Database) -> None:
    with filled.read() as c:
        assert [found for check in ALL for found in check(c)] == []


def _index_without(c: Connection) -> None:
    if c.dialect.name == "postgresql":
        c.exec_driver_sql("DELETE FROM post_words WHERE revision = 2")
    else:
        c.exec_driver_sql("INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', 2, 'Текст 1')")


def _forgotten(c: Connection) -> None:
    from storage.forgotten import post_digest

    c.execute(sa.insert(forgotten).values(digest=post_digest("chat", "1"), kind="post", at=NOON))


def _beside_its_interval(c: Connection) -> None:
    wrong = Share(
        target="migrants", by="week", period="2022-W40", group="all", value="", voices="people", among="opinionated",
        stance="against", model="m", starts=dt.date(2022, 10, 3), share=0.9, low=0.1, high=0.5, n_posts=9, n_authors=9,
        n_labels=0, n_eff=9.0, deff=1.0, method="pcc", complete=True,
    )  # fmt: skip
    replace_shares(c, target="migrants", model="m", by="week", periods=["2022-W40"], shares=[wrong])


def _delivered_unasked(c: Connection) -> None:
    store_alert(c, Alert("r", "migrants", "all", "", "2022-10-05", "mentions", 9.0, 3.0, 5.0, 2.0), ["duty"])
    c.execute(sa.update(deliveries).values(delivered_at=NOON, attempts=0))


BREAKS: list[tuple[Check, Callable[[Connection], object], str]] = [
    (checks.counters, lambda c: c.execute(sa.update(counters).values(value=1)), "stands at 1, but 3 is in use"),
    (checks.positions, lambda c: write_cursor(c, "annotate:m", "9"), "stands at 9, the data end at 3"),
    (checks.positions, lambda c: write_cursor(c, "annotate:m", "2"), "before its posts were annotated"),
    (checks.positions, lambda c: write_cursor(c, "coverage", "abc"), "not readable"),
    (checks.readings, lambda c: c.execute(sa.update(opinions).values(p_favor=0.9)), "do not sum to 1"),
    (checks.readings, lambda c: c.execute(sa.update(opinions).values(stance="maybe")), "none of"),
    (checks.intervals, _beside_its_interval, "1 shares lie outside of their interval"),
    (checks.sent, _delivered_unasked, "1 messages are both delivered and given up, or were delivered without"),
    (checks.words, _index_without, "1 posts cannot be found"),
    (checks.returned, _forgotten, "1 posts are there although"),
    (checks.raw_authors, lambda c: c.execute(sa.update(posts).values(author="user1")), "1 authors are no pseudonyms"),
    (masked, lambda c: c.execute(sa.update(posts).values(text="пишите +7 701 123 45 67")), "3 texts hold contact data"),
    (
        checks.aside,
        lambda c: c.execute(sa.insert(rejected).values(source="s", place="1", reason="", excerpt="")),
        "without a place or a reason",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("check", "breach", "said"), BREAKS)
def test_a_breach_is_told(filled: Database, check: Check, breach: Callable[[Connection], object], said: str) -> None:
    with filled.write() as c:
        breach(c)
        told = list(check(c))
    assert len(told) == 1
    assert said in told[0]


def test_an_opinion_without_its_post_is_told(filled: Database, url: str) -> None:
    from storage.dialects import parse_url

    engine = sa.create_engine(parse_url(url))
    with engine.begin() as c:
        if c.dialect.name == "postgresql":
            c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        c.exec_driver_sql("DELETE FROM posts WHERE native_id = '1'")
    engine.dispose()
    with filled.read() as c:
        assert list(checks.references(c)) == ["1 rows of opinions name no row of posts"]
