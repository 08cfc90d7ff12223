"""From posts to opinions: each distinct text once, at its own places, whatever the batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.loading import load
from configs.settings import TargetSettings
from models.annotator import Annotations, Annotator, annotate
from models.asking import answer
from models.stance import Query, StanceModel
from models.text import digest
from storage.records import STANCES, Post, Reading

START = dt.datetime(2022, 9, 21, 6, tzinfo=dt.UTC)
AGAINST = "Понаехали релоканты, пусть едут обратно"
BOTH = "Релоканты бегут от войны, а Россия бомбит Украину"
TEXTS = [AGAINST, BOTH, "Какая погода завтра?", "", "😀", "Ресейдің саясатына қарсымын", "Россия\n\nвсегда поможет"]


class StubModel(StanceModel):
    """A stance model without weights: its answer is a function of the question alone. Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    @property
    def model(self) -> str:
        return "stub-00000000"

    @property
    def max_words(self) -> int:
        return 55

    @property
    def narratives(self) -> None:
        return None

    def read(
        self, queries: Sequence[Query], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        self.asked += queries
        rows = [np.array(list(f"{q.target_id}|{q.text}|{q.language}".encode())).sum() % 7 for q in queries]
        against = np.array(rows, dtype=np.float64) / 10
        p = np.column_stack([against, 0.9 - against, np.full(len(queries), 0.1)]).reshape(-1, 3)
        return p, np.zeros((len(queries), 0), dtype=np.float32)


@pytest.fixture(scope="module")
def targets() -> tuple[TargetSettings, ...]:
    return load().targets


@pytest.fixture(scope="module")
def reader(targets: tuple[TargetSettings, ...]) -> Annotator:
    return Annotator(targets, StubModel(), ["ru", "kk", "mixed"])


@pytest.fixture
def stub(reader: Annotator) -> StubModel:
    reader.stance = StubModel()
    return reader.stance


def _posts(texts: Sequence[str]) -> list[Post]:
    return [
        Post("chat", str(i), START + dt.timedelta(minutes=i), text, text_digest=digest(text))
        for i, text in enumerate(texts)
    ]


def test_opinions_belong_to_their_posts(reader: Annotator, stub: StubModel) -> None:
    found = annotate(_posts(TEXTS), reader, {})
    by_post = {number: {o.target for o in found.opinions if o.native_id == str(number)} for number in range(len(TEXTS))}
    assert by_post == {
        0: {"migrants"},
        1: {"migrants", "russia"},
        2: set(),
        3: set(),
        4: set(),
        5: {"russia"},
        6: {"russia"},
    }
    for opinion in found.opinions:
        text = TEXTS[int(opinion.native_id)]
        assert text[opinion.start : opinion.end] == opinion.surface != ""
        p = (opinion.p_against, opinion.p_neutral, opinion.p_favor)
        assert opinion.stance == STANCES[p.index(max(p))]
        assert opinion.model == reader.version
    assert len(found.languages) == len(TEXTS)
    assert found.languages["chat", "0"] == "ru"
    assert found.languages["chat", "5"] == "kk"
    assert {query.target_id: query.language for query in stub.asked}.keys() == {"migrants", "russia"}


def test_each_distinct_text_is_read_once(reader: Annotator, stub: StubModel) -> None:
    found = annotate(_posts([AGAINST] * 50 + [f"  {AGAINST}\n"] * 50), reader, {})
    assert len(found.opinions) == 100
    assert len(found.new_readings) == 1
    assert len(stub.asked) == 1
    assert found.near_copies == 99


def test_a_copy_in_other_white_space_has_the_mention_at_its_own_place(reader: Annotator, stub: StubModel) -> None:
    copies = ["Всем привет\n\n\nРоссия с нами", "Всем привет Россия с нами", "Всем  при\u200bвет Рос\u00adсия с нами"]
    assert len({digest(copy) for copy in copies}) == 1
    for order in (copies, copies[::-1]):
        found = annotate(_posts(order), reader, {})
        assert len(found.new_readings) == 1
        for opinion in found.opinions:
            assert order[int(opinion.native_id)][opinion.start : opinion.end] == opinion.surface
            assert opinion.surface.replace("\u00ad", "") == "Россия"
        assert len(found.opinions) == 3


def test_known_readings_are_used_and_not_made_again(reader: Annotator, stub: StubModel) -> None:
    first = annotate(_posts(TEXTS), reader, {})
    asked = len(stub.asked)
    known = {reading.text_digest: reading for reading in first.new_readings}
    again = annotate(_posts(TEXTS), reader, known)
    assert again == replace(first, new_readings=[])
    assert len(stub.asked) == asked
    told = Reading(digest(AGAINST), reader.version, "uk", ())
    changed = annotate(_posts([AGAINST]), reader, {told.text_digest: told})
    assert (changed.languages, changed.opinions) == ({("chat", "0"): "uk"}, [])


def test_deleted_posts_give_nothing(reader: Annotator, stub: StubModel) -> None:
    posts = [replace(post, deleted_at=START) for post in _posts([AGAINST, BOTH])]
    assert annotate(posts, reader, {}) == Annotations({}, [], [], near_copies=0)
    assert not stub.asked
    kept = annotate([*posts, replace(_posts([AGAINST])[0], native_id="kept")], reader, {})
    assert {opinion.native_id for opinion in kept.opinions} == {"kept"}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_results_do_not_depend_on_how_batches_are_cut(reader: Annotator, stub: StubModel, size: int) -> None:
    posts = _posts([*TEXTS, *(f" {text}\n\n" for text in TEXTS), *TEXTS])
    whole = annotate(posts, reader, {})
    known: dict[str, Reading] = {}
    languages, opinions = {}, []
    for start in range(0, len(posts), size):
        part = annotate(posts[start : start + size], reader, known)
        known |= {reading.text_digest: reading for reading in part.new_readings}
        languages |= part.languages
        opinions += part.opinions
    assert opinions == whole.opinions
    assert languages == whole.languages
    assert sorted(known.values(), key=lambda r: r.text_digest) == sorted(
        whole.new_readings, key=lambda r: r.text_digest
    )


def test_hostile_posts_stop_nothing(reader: Annotator, stub: StubModel) -> None:
    hostile = ["россия " * 150_000, "<s> россия </s>", "\x00\ud83dРоссия", "\u202eРоссия", "я" * 300_000, "\n"]
    found = annotate(_posts([*hostile, AGAINST]), reader, {})
    assert {int(opinion.native_id) for opinion in found.opinions} == {0, 1, 2, 3, 6}
    assert all(len(query.text.split()) <= 55 for query in stub.asked)


def test_unexpected_languages_are_called_other(targets: tuple[TargetSettings, ...]) -> None:
    reader = Annotator(targets, StubModel(), ["kk"])
    found = annotate(_posts([AGAINST, "Ресейдің саясатына қарсымын"]), reader, {})
    assert found.languages == {("chat", "0"): "other", ("chat", "1"): "kk"}


def test_progress_counts_every_text(reader: Annotator, stub: StubModel) -> None:
    done: list[int] = []
    annotate(_posts(TEXTS), reader, {}, done.append)
    assert sum(done) == len(TEXTS)


def test_the_version_follows_what_is_matched_and_asked(targets: tuple[TargetSettings, ...]) -> None:
    def version(changed: TargetSettings) -> str:
        return Annotator([changed, *targets[1:]], StubModel()).version

    first = targets[0]
    assert version(first) == version(first.model_copy(update={"title": {"ru": "иначе"}}))
    assert version(first) != version(first.model_copy(update={"description": {"ru": "иначе"}}))
    fewer = {language: form for language, form in first.match.items() if language == "ru"}
    assert version(first) != version(first.model_copy(update={"match": fewer}))


def test_the_shipped_model_reads_a_post(targets: tuple[TargetSettings, ...], shipped: StanceModel) -> None:
    found = annotate(_posts([AGAINST, "Погода"]), Annotator(targets, shipped), {})
    (opinion,) = found.opinions
    assert opinion.stance == "against"
    assert opinion.p_against + opinion.p_neutral + opinion.p_favor == pytest.approx(1, abs=2e-4)


def test_single_questions_take_the_same_way(targets: tuple[TargetSettings, ...], reader: Annotator) -> None:
    """What `pikir stance` asks about a configured target is what the monitor asks."""
    for text in (AGAINST, BOTH, "Россия\u200b\n\nвсегда поможет"):
        asking, monitor = StubModel(), StubModel()
        reader.stance = monitor
        annotate(_posts([text]), reader, {})
        rows = answer([{"id": 1, "text": text, "target": q.target_id} for q in monitor.asked], targets, asking)
        assert asking.asked == monitor.asked
        assert [row["id"] for row in rows] == [1] * len(rows)


def test_free_targets_and_texts_without_a_mention_are_answered(targets: tuple[TargetSettings, ...]) -> None:
    asking = StubModel()
    long = "слово " * 200 + "вакцинация полезна"
    rows = [(long, "вакцинация"), ("", "вакцинация"), ("Привет", " "), ("Привет", "russia"), ("\ud83d", "мэр")]
    told = answer([{"id": i, "text": text, "target": t} for i, (text, t) in enumerate(rows)], targets, asking)
    assert [row["id"] for row in told] == [0, 1, 2, 3, 4]
    assert [row["target"] for row in told] == [target for _, target in rows]
    assert "вакцинация полезна" in asking.asked[0].text
    assert [query.target_id for query in asking.asked] == ["", "", "", "russia", ""]
