"""The bundled sample: it is what its sources give, its truth recomputes, and nothing in it comes from elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretBytes

from collectors.collector import open_collector
from collectors.privacy import Pseudonymiser
from configs.loading import load
from pikir.sample import truth
from pikir.sample.build import build, differing, labelled, write
from pikir.sample.course import AGAINST, GAP, at, iso_week
from pikir.sample.pool import TARGETS, PoolText, read_pool
from pikir.sample.shares import Labelled, weekly_truth
from pikir.sample.simulate import ZONE, Post, simulate
from pikir.sample.surface import other_form
from storage.records import PERSON_KINDS, STANCES, Source
from storage.records import Post as Collected

ROOT = Path(__file__).resolve().parents[2]
GAP_WEEK = "2022-W19"
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def pool() -> tuple[PoolText, ...]:
    return read_pool()


@pytest.fixture(scope="module")
def posts(pool: tuple[PoolText, ...]) -> list[Post]:
    return simulate(pool)


@pytest.fixture(scope="module")
def collected() -> list[Collected]:
    """Every post as a monitor reads it, from the sources as they are configured."""
    pseudonymiser = Pseudonymiser(SecretBytes(b"k" * 32))
    found: list[Collected] = []
    for form in load(ROOT / "configs").sources:
        if not form.title.startswith("[simulated] "):
            continue
        source = Source(form.name, form.kind, form.address, form.title, form.language, form.region)
        for collector in open_collector(form.path, source, pseudonymiser=pseudonymiser, timezone=ZONE):
            for batch in collector.collect():
                assert not batch.rejected
                found += batch.posts
    return found


def test_the_committed_files_are_what_the_pool_gives(posts: list[Post]) -> None:
    assert differing(build(posts)) == []


def test_the_same_seed_gives_the_same_posts(pool: tuple[PoolText, ...], posts: list[Post]) -> None:
    assert simulate(pool) == posts


def test_a_changed_or_missing_file_is_found(tmp_path: Path) -> None:
    content = {"data/a.json.gz": b"{}", "truth.csv": b"week\n"}
    assert differing(content, tmp_path) == list(content)
    write(content, tmp_path)
    assert differing(content, tmp_path) == []
    (tmp_path / "truth.csv").write_bytes(b"weak\n")
    assert differing(content, tmp_path) == ["truth.csv"]


def test_the_pool_is_large_and_balanced(pool: tuple[PoolText, ...]) -> None:
    people = [text for text in pool if text.kind != "news"]
    kinds = Counter((target, stance) for text in people for target, stance in text.labels.items())
    assert min(kinds[target, stance] for target in TARGETS for stance in STANCES) >= 50
    assert sum(bool(text.labels) for text in pool) >= 520
    assert sum(not text.labels for text in pool) >= 250
    assert sum(len(set(text.labels.values())) > 1 for text in people) >= 90


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": {"russia": "angry"}}, "labels"),
        ({"labels": {"weather": "favor"}}, "labels"),
        ({"kind": "news", "labels": {"russia": "favor"}}, "news takes no side"),
        ({"lang": "kz"}, "'kz'"),
        ({"text": " "}, "empty"),
        ({"from": "2022-02-30"}, "line 2"),
        ({"until_": "2022-03-01"}, "unknown keys"),
        ({"id": "a"}, "twice"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    good = {"id": "a", "text": "Ресей", "lang": "kk", "labels": {"russia": "neutral"}, "kind": "chat"}
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps({**good, "id": "b", "text": "РФ", **change}) + "\n")
    with pytest.raises(ValueError, match=rf"line 2(.|\n)*{reason}" if reason != "line 2" else reason):
        read_pool(path)


def test_no_text_is_one_that_the_model_was_trained_on(pool: tuple[PoolText, ...]) -> None:
    trained = {
        _letters(json.loads(line)["text"])
        for path in sorted((ROOT / "models" / "corpus").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    }
    assert trained
    assert [text.id for text in pool if text.labels and _letters(text.text) in trained] == []


def test_the_truth_is_that_of_what_people_wrote(posts: list[Post]) -> None:
    rows = weekly_truth(labelled(posts))
    assert truth().to_dicts() == rows
    assert len({row["week"] for row in rows}) == 52
    assert {row["target"] for row in rows} == set(TARGETS)


def test_nobody_writes_of_what_has_not_happened_yet(posts: list[Post], pool: tuple[PoolText, ...]) -> None:
    texts = {form: text for text in pool for form in (text.text, other_form(text))}
    assert [post.text for post in posts if not texts[post.text].fits(post.day)] == []


def test_an_author_counts_once_however_much_they_write() -> None:
    loud = [Labelled("2022-W10", "russia", "1", "against")] * 9
    mixed = [Labelled("2022-W10", "russia", "2", stance) for stance in ("favor", "neutral")]
    share = {(row["among"], row["stance"]): row["share"] for row in weekly_truth([*loud, *mixed])}
    assert share["all", "against"] == 0.5
    assert share["all", "favor"] == share["all", "neutral"] == 0.25
    assert share["opinionated", "against"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_truth_follows_the_documented_course() -> None:
    against = truth().filter(pl.col("among") == "opinionated", pl.col("stance") == "against")
    for target, knots in AGAINST.items():
        own = against.filter(pl.col("target") == target)
        middle = [dt.datetime.strptime(f"{week}-4", "%G-W%V-%u").date() for week in own["week"]]
        errors = [share - at(knots, day) for share, day in zip(own["share"], middle, strict=True)]
        assert abs(sum(errors)) / len(errors) < 0.04
        assert sum(map(abs, errors)) / len(errors) < 0.12


def test_collected_posts_give_the_truth_except_where_a_week_was_not_collected(
    collected: list[Collected], pool: tuple[PoolText, ...]
) -> None:
    labels = {form: text.labels for text in pool for form in (text.text, other_form(text))}
    told = [
        Labelled(_week(post), target, post.author, stance)
        for post in collected
        if post.voice == "person"
        for target, stance in labels.get(post.text, {}).items()
    ]
    rows = pl.DataFrame(weekly_truth(told))
    differs = truth().join(rows, on=rows.columns, how="anti")
    assert set(differs["week"]) == {GAP_WEEK}


def test_the_gap_is_the_only_one_as_long(collected: list[Collected]) -> None:
    for source in {post.source for post in collected}:
        days = sorted({post.posted_at.astimezone(ZONE).date() for post in collected if post.source == source})
        missing = [(a, b) for a, b in pairwise(days) if (b - a).days > 6]
        assert [(a + DAY, b - DAY) for a, b in missing] == ([GAP] if source == "auyl-group" else [])


def test_the_exports_hold_what_real_ones_do(collected: list[Collected]) -> None:
    texts = " ".join(post.text for post in collected)
    assert all(token in texts for token in ("[phone]", "[email]", "[user]"))
    assert "example.com" not in texts
    assert any(post.edited_at for post in collected)
    assert any(post.forwarded_from == "[simulated] Qala News" and post.voice == "person" for post in collected)
    assert any(post.reactions for post in collected)
    assert {post.voice for post in collected if post.source == "qala-comments"} == {"person", "outlet"}
    assert {post.voice for post in collected if post.source == "qala-news"} == {"outlet"}
    ids = {(post.source, post.native_id) for post in collected}
    replies = [post for post in collected if post.reply_to and post.source != "auyl-group"]
    assert replies
    assert all((post.source, post.reply_to) in ids for post in replies)


def test_every_source_says_that_it_is_simulated() -> None:
    forms = [form for form in load(ROOT / "configs").sources if "pikir/sample" in form.path]
    assert len(forms) == 5
    assert all(form.title.startswith("[simulated] ") for form in forms)
    assert sum(form.kind in PERSON_KINDS for form in forms) == 4


def _week(post: Collected) -> str:
    return iso_week(post.posted_at.astimezone(ZONE).date())


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
