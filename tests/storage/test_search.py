"""Posts are found the same whether words are looked up first or posts are walked from the newest."""

from __future__ import annotations

import datetime as dt

import pytest

from storage import matching
from storage.database import Database
from storage.evidence import Wanted, count_found, find_posts, search
from storage.opinions import replace_opinions
from storage.posts import mark_deleted, thread_ids, upsert_posts
from storage.records import Opinion, Post, Source
from storage.sources import upsert_source

NOW = dt.datetime(2022, 10, 3, tzinfo=dt.UTC)
N = 60


@pytest.fixture
def filled(database: Database) -> Database:
    """Posts of two sources in no order of time, some at the same moment; every third says a rare word."""
    posts = [
        Post(f"s{n % 2}", str(n), NOW + dt.timedelta(hours=(n * 37) % 50),
             f"слово{' редкое' if n % 3 == 0 else ''} {n}",
             language="ru", thread="t" if n % 5 == 0 else "")
        for n in range(N)
    ]  # fmt: skip
    read = [
        Opinion(f"s{n % 2}", str(n), "migrants", "m", 0.8, 0.1, 0.1, "against" if n % 4 else "favor", 0, 3, "сло",
                ("rising_costs",) if n % 6 == 0 else ())
        for n in range(0, N, 2)
    ]  # fmt: skip
    with database.write() as c:
        for name, region in (("s0", "Almaty"), ("s1", "")):
            upsert_source(c, Source(name, "group", "", name, "ru", region, None))
        upsert_posts(c, posts)
        replace_opinions(c, [(one.source, one.native_id) for one in read], "m", read)
        mark_deleted(c, [("s0", "0"), ("s1", "3")], NOW)
    return database


SEARCHES = (
    Wanted("m"),
    Wanted("m", "migrants"),
    Wanted("m", "migrants", "against"),
    Wanted("another", "migrants"),
    Wanted("m", narrative="rising_costs"),
    Wanted("m", region="Almaty", language="ru"),
    Wanted("m", source="s1", starts=NOW + dt.timedelta(hours=5), ends=NOW + dt.timedelta(hours=30)),
    Wanted("m", words="слово"),
    Wanted("m", words="редкое"),
    Wanted("m", "migrants", "against", words="слово -редкое"),
    Wanted("m", words="редкое", starts=NOW, ends=NOW + dt.timedelta(hours=20)),
    Wanted("m", words="-слово"),
    Wanted("m", words='"'),
    Wanted("m", words="нигде"),
)


@pytest.mark.parametrize("wanted", SEARCHES, ids=lambda one: f"{one.target}-{one.stance}-{one.words}")
def test_walking_finds_what_looking_up_finds(filled: Database, wanted: Wanted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.evidence._PIECE", 7)
    monkeypatch.setattr("storage.evidence._COUNTED_PIECE", 9)
    found = {}
    with filled.read() as c:
        for few in (5_000, -1):
            monkeypatch.setattr(matching, "_FEW", few)
            first = find_posts(c, wanted, limit=8)
            rest = find_posts(c, wanted, limit=100, after=first[-1].place) if first else []
            found[few] = [(one.native_id, one.opinions) for one in first + rest]
            count = count_found(c, wanted, most=100)
            # Of a word that very many say, alone, no more is counted than that there are many.
            alone = few < 0 and matching._query(c, wanted) and wanted == Wanted("m", words=wanted.words)
            assert count == (101 if alone else len(found[few]))
            assert search(c, wanted, limit=8, most=100) == (first, count)
            times = [(one.posted_at, one.revision) for one in first + rest]
            assert times == sorted(times, reverse=True)
    assert found[5_000] == found[-1]
    assert not {"0", "3"} & {native_id for native_id, _ in found[-1]}


def test_words_of_a_short_time_are_not_counted_first(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    week = Wanted("m", words="редкое", starts=NOW, ends=NOW + dt.timedelta(hours=20))
    with filled.read() as c:
        looked_up = search(c, week)
        monkeypatch.setattr(matching, "_SPARSE", 100)
        monkeypatch.setattr(
            "storage.evidence.are_few", lambda *_: c.dialect.name == "sqlite" and pytest.fail("counted")
        )
        assert search(c, week) == looked_up
    assert looked_up[1] > 0


def test_the_posts_of_a_thread_are_read_by_its_index(filled: Database) -> None:
    with filled.read() as c:
        assert sorted(thread_ids(c, "s0", "t")) == ["0", "10", "20", "30", "40", "50"]
        assert thread_ids(c, "s0", "") == []
