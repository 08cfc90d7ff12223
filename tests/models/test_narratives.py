"""Narratives: named by description and examples, for the stance that was read, also where none was trained on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.loading import load
from configs.settings import TargetSettings
from models.adapter import FOLDER, load_adapter
from models.annotator import Annotator
from models.asking import answer
from models.compiled import Engine
from models.container import EncoderError
from models.narrative_head import ANY, THRESHOLDS, WEIGHTS, NarrativeHead, load_head, save_head
from models.narratives import NarrativeReader
from models.stance import Query, StanceModel
from models.training.data import DataError
from models.training.narrative_data import NarrativeExample, load_narratives
from models.training.narrative_figures import figure, judged, majority
from models.training.narratives import (
    Column,
    Encoded,
    Fitting,
    choose_thresholds,
    cosines,
    encode,
    fit_head,
    read_columns,
)

SIZE = 128
INDEX: dict[str, int] = {}
QUICK = Fitting(dimensions=16, steps=60, learning_rate=1e-2)
TARGET = TargetSettings.model_validate(
    {
        "id": "migrants",
        "title": {"ru": "мигранты"},
        "description": {"ru": "мигранты"},
        "match": {"ru": {"lemmas": ["мигрант"]}},
        "narratives": [
            {
                "name": "costs",
                "title": "c",
                "description": "аренда цены",
                "stance": "against",
                "examples": ["аренда", "цены"],
            },
            {
                "name": "welcome",
                "title": "w",
                "description": "помощь",
                "stance": "favor",
                "examples": ["помощь гостям"],
            },
            {"name": "law", "title": "l", "description": "закон", "examples": ["закон справка", "справка"]},
        ],
    }
)


class WordModel(StanceModel):
    """A model without weights: an encoding counts the text's words, a stance stands in the text itself."""

    def __init__(self, head: NarrativeHead | None = None) -> None:
        self.head = head
        self.asked: list[Query] = []

    @property
    def model(self) -> str:
        return "words-00000000"

    @property
    def max_words(self) -> int:
        return 55

    @property
    def narratives(self) -> NarrativeHead | None:
        return self.head

    @property
    def engine(self) -> Engine:  # type: ignore[override]
        return Engine("words", lambda ids: (np.zeros((0, 3)), np.zeros((0, 0), np.float32)), 0.0)

    def read(
        self, queries: Sequence[Query], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        self.asked += queries
        p = np.full((len(queries), 3), 0.1)
        encodings = np.zeros((len(queries), SIZE), dtype=np.float32)
        for row, query in enumerate(queries):
            p[row, 0 if "против" in query.text else 2 if "за" in query.text.split() else 1] = 0.8
            for word in query.text.split():
                encodings[row, INDEX.setdefault(word, len(INDEX))] += 1
        return p, encodings


def identity(limit: float = 0.5) -> NarrativeHead:
    return NarrativeHead(np.zeros(SIZE, np.float32), np.eye(SIZE, dtype=np.float32), {ANY: limit})


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path / "cache"))


def named(text: str, stance: str = "against", target: str = "migrants") -> tuple[str, ...]:
    model = WordModel(identity())
    encodings = model.read([Query("мигранты", text, target, "ru")])[1]
    (found,) = NarrativeReader([TARGET], model).name([target], [stance], encodings)  # type: ignore[list-item]
    return found


def test_a_post_near_the_examples_voices_the_narrative() -> None:
    assert named("аренда цены") == ("costs",)
    assert named("погода") == ()
    assert named("аренда цены закон справка") == ("costs", "law"), "several, in the order of the file"


def test_only_narratives_that_go_with_the_stance_are_named() -> None:
    assert named("аренда цены", "favor") == ()
    assert named("помощь гостям", "favor") == ("welcome",)
    assert named("помощь гостям", "neutral") == ()
    for stance in ("against", "neutral", "favor"):
        assert named("закон справка", stance) == ("law",)


def test_without_a_head_or_a_configured_target_nothing_is_named() -> None:
    assert named("аренда цены", target="") == ()
    assert named("аренда цены", target="elsewhere") == ()
    reader = NarrativeReader([TARGET], WordModel(None))
    assert reader.name(["migrants"], ["against"], np.zeros((1, SIZE), np.float32)) == [()]
    assert NarrativeReader([TARGET], WordModel(identity())).name([], [], np.zeros((0, 0), np.float32)) == []


def test_a_narrative_that_is_added_is_read_without_training() -> None:
    new = {"name": "water", "title": "w", "description": "вода река", "examples": ["вода", "река"]}
    target = TargetSettings.model_validate({**TARGET.model_dump(), "narratives": [*TARGET.narratives, new]})
    model = WordModel(identity())
    encodings = model.read([Query("мигранты", "река вода", "migrants", "ru")])[1]
    assert NarrativeReader([target], model).name(["migrants"], ["neutral"], encodings) == [("water",)]


def test_what_narratives_say_is_encoded_once_and_kept(tmp_path: Path) -> None:
    first, second, changed = (WordModel(identity()) for _ in range(3))
    row = first.read([Query("мигранты", "закон", "migrants", "ru")])[1]
    for model in (first, second):
        assert NarrativeReader([TARGET], model).name(["migrants"], ["neutral"], row) == [("law",)]
    assert len(first.asked) > 1
    assert not second.asked, "the cache answered"
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"broken")
    assert NarrativeReader([TARGET], second).name(["migrants"], ["neutral"], row) == [("law",)]
    assert second.asked, "a damaged cache is made anew"
    other = TARGET.narratives[2].model_copy(update={"examples": ("река",)})
    target = TARGET.model_copy(update={"narratives": (other,)})
    assert NarrativeReader([target], changed).name(["migrants"], ["neutral"], row) == [("law",)]
    assert changed.asked, "other words are encoded again"


def test_the_version_follows_descriptions_and_examples_but_no_title() -> None:
    def version(**change: object) -> str:
        first = TARGET.narratives[0].model_copy(update=change)
        target = TARGET.model_copy(update={"narratives": (first, *TARGET.narratives[1:])})
        return Annotator([target], WordModel(identity())).version

    assert version() == version(title="another")
    assert len({version(), version(description="d"), version(examples=("e",)), version(stance="any")}) == 4


def test_a_row_of_the_stance_command_has_its_narratives() -> None:
    rows = [
        {"id": 1, "text": "мигрант аренда цены против", "target": "migrants"},
        {"id": 2, "text": "аренда цены против", "target": "аренда"},
    ]
    results = answer(rows, [TARGET], WordModel(identity()))
    assert [result["narratives"] for result in results] == [["costs"], []]


def test_a_saved_head_is_read_again_and_damage_is_told(tmp_path: Path) -> None:
    assert load_head(tmp_path) is None
    rng = np.random.default_rng(0)
    head = NarrativeHead(
        rng.normal(size=SIZE).astype(np.float32),
        rng.normal(size=(8, SIZE)).astype(np.float32).T,
        {ANY: 0.25, "migrants/costs": 0.5},
    )
    save_head(tmp_path, head, {"posts": 3})
    again = load_head(tmp_path)
    assert again is not None
    assert np.allclose(again.projection, head.projection, atol=0.01)
    assert (again.threshold("migrants", "costs"), again.threshold("migrants", "new")) == (0.5, 0.25)
    with pytest.raises(ValueError, match="the narrative head reads"):
        again.project(np.zeros((1, SIZE + 1), np.float32))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / WEIGHTS).write_bytes(b"\x08"),
        lambda folder: (folder / WEIGHTS).unlink(missing_ok=True),
        lambda folder: (folder / THRESHOLDS).write_text("{}"),
        lambda folder: (folder / THRESHOLDS).write_text('{"thresholds": {"a/b": 0.1}}'),
        lambda folder: (folder / THRESHOLDS).write_text('{"thresholds": {"": NaN}}'),
    ],
)
def test_a_damaged_head_names_the_adapter_and_the_remedy(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    for original in (FOLDER / "stance-small").iterdir():
        (tmp_path / original.name).write_bytes(original.read_bytes())
    save_head(tmp_path, identity(), {})
    before = load_adapter(str(tmp_path))
    save_head(tmp_path, identity(0.25), {})
    after = load_adapter(str(tmp_path))
    assert before.model != after.model, "opinions of two heads are never mixed"
    assert before.weights_digest == after.weights_digest, "the compiled network is still the same"
    damage(tmp_path)
    with pytest.raises(EncoderError, match=r"damaged.*git checkout"):
        load_adapter(str(tmp_path))


WORDS = {"costs": ["аренда", "цены"], "welcome": ["помощь", "гостям"], "law": ["закон", "справка"]}
NOISE = [f"слово{n}" for n in range(20)]


def example(number: int) -> NarrativeExample:
    """Every fourth post voices nothing; the others one narrative, in one of its words, among others."""
    rng = np.random.default_rng(number)
    name = [*WORDS, ""][number % 4]
    stance = {"costs": "against", "welcome": "favor"}.get(name, "neutral")
    words = [*rng.choice(NOISE, 4), *([rng.choice(WORDS[name])] if name else [])]
    return NarrativeExample(
        str(number),
        "ru",
        "migrants",
        "мигранты",
        " ".join(words),
        stance,
        frozenset({name} - {""}),  # type: ignore[arg-type]
    )


def test_the_head_learns_what_the_narratives_have_in_common() -> None:
    model = WordModel()
    columns = read_columns([TARGET], model)
    train, dev = ([example(n) for n in numbers] for numbers in (range(200), range(200, 260)))
    head = fit_head(encode(train, columns, model), columns, QUICK)
    model.head = head
    p, encodings = model.read([row.query for row in dev])
    assert p.shape == (60, 3)
    found = NarrativeReader([TARGET], model).name(["migrants"] * 60, [row.stance for row in dev], encodings)
    ours = figure("dev", judged(dev, [TARGET], found))
    assert ours.micro > 0.85
    assert ours.micro_low <= ours.micro <= ours.micro_high
    assert (ours.rows, ours.labels, ours.narratives) == (60, 45, 3)
    common = figure("majority", judged(dev, [TARGET], majority(train, [row.stance for row in dev], dev)))
    assert ours.micro > common.micro
    again = fit_head(encode(train, columns, model), columns, QUICK)
    assert np.array_equal(again.projection, head.projection), "the same rows, the same head"
    assert -1 < head.threshold("migrants", "new") < 1, "what nobody was trained on has a threshold of its own"


def test_a_rare_narrative_takes_the_threshold_of_all() -> None:
    columns = [Column("t", name, "any", np.zeros((1, 2), np.float32)) for name in ("often", "rare")]
    voiced = np.zeros((100, 2), np.float32)
    voiced[:40, 0] = 1
    voiced[:3, 1] = 1
    ones = np.ones_like(voiced)
    rows = Encoded(np.zeros((100, 2), np.float32), voiced, ones, ones)
    limits = choose_thresholds(np.where(voiced > 0, 0.6, 0.1).astype(np.float32), rows, columns)
    assert limits.keys() == {"t/often", "t/rare"}
    assert all(0.1 < limit < 0.61 for limit in limits.values())


def test_cosines_lie_between_minus_one_and_one() -> None:
    model = WordModel()
    columns = read_columns([TARGET], model)
    found = cosines(identity(), model.read([example(n).query for n in range(8)])[1], columns)
    assert found.shape == (8, 3)
    assert np.abs(found).max() <= 1 + 1e-6


def _folder(path: Path, *rows: dict[str, object]) -> Path:
    path.mkdir(exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (path / "posts.jsonl").write_text(text, encoding="utf-8")
    return path


def test_labelled_posts_are_split_and_joined_with_the_second_hand(tmp_path: Path) -> None:
    post = {"lang": "mix", "labels": {"migrants": "against"}}
    rows = [{**post, "id": f"{n}", "text": f"т {n}", "narratives": {"migrants": ["costs"]}} for n in range(99)]
    folder = _folder(tmp_path / "corpus", *rows, {**post, "id": "none", "text": "ничего"})
    old = [{**post, "id": "old", "text": "старый"}, {**post, "id": "unread", "text": "ещё"}]
    (folder / "older.jsonl").write_text("".join(json.dumps(row) + "\n" for row in old), encoding="utf-8")
    (folder / "narrative_labels.csv").write_text(
        "id,target,narratives\nold,migrants,law costs\nold,russia,law\ngone,migrants,\n", encoding="utf-8"
    )
    split = load_narratives({"migrants": TARGET}, 55, 0.2, folder)
    assert len(split.train) + len(split.dev) == 100
    assert 5 < len(split.dev) < 40
    assert sum(not row.narratives for row in [*split.train, *split.dev]) == 1, "without the key none is voiced"
    assert {row.language for row in split.train} == {"mixed"}
    (second,) = split.second
    assert (second.id, second.narratives) == ("corpus/old", {"law", "costs"})


def test_labelled_news_are_joined_with_texts_kept_elsewhere(tmp_path: Path) -> None:
    row = {"id": "1", "text": "т", "lang": "ru", "labels": {"migrants": "against"}, "narratives": {}}
    folder = _folder(tmp_path / "corpus", row)
    stances, labels, texts = (tmp_path / "corpus" / name for name in ("news_labels.csv", "news_narratives.csv", "news"))
    columns = "channel,message_id,target"
    stances.write_text(f"{columns},label,start,end\n" + "".join(f"a,{n},migrants,neutral,8,16\n" for n in range(60)))
    voiced = "".join(f"a,{n},migrants,{'law' if n % 2 else ''}\n" for n in range(60))
    labels.write_text(f"{columns},narratives\n{voiced}gone,1,migrants,law\n")
    posts = [{"channel": "a", "message_id": n, "text": f"Новости приезжих {n}"} for n in range(60)]
    texts.write_text("".join(json.dumps(post) + "\n" for post in posts))
    split = load_narratives({"migrants": TARGET}, 55, 0.2, folder, texts)
    assert 3 < len(split.news) < 30
    rows = {one.id: one for one in [*split.train, *split.dev, *split.news]}
    assert len(rows) == 61
    assert rows["news/a/1"].narratives == {"law"}
    assert not rows["news/a/2"].narratives
    assert (rows["news/a/1"].stance, rows["news/a/1"].text) == ("neutral", "Новости приезжих 1")
    assert load_narratives({"migrants": TARGET}, 55, 0.2, folder).news == [], "without the texts there are none"
    labels.write_text(f"{columns},narratives\na,1,migrants,rents\n")
    with pytest.raises(DataError, match=r"news_narratives\.csv, line 2.*'rents'"):
        load_narratives({"migrants": TARGET}, 55, 0.2, folder, texts)


def test_an_unknown_narrative_names_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "text": "т",
        "lang": "ru",
        "labels": {"migrants": "against"},
        "narratives": {"migrants": ["cost"]},
    }
    with pytest.raises(DataError, match=r"posts\.jsonl, line 1.*'cost'.*'costs', 'welcome', 'law'"):
        load_narratives({"migrants": TARGET}, 55, 0.2, _folder(tmp_path / "corpus", row))


def test_the_labels_of_the_repository_fit_its_posts_and_targets() -> None:
    split = load_narratives({target.id: target for target in load().targets}, 55, 0.15)
    assert len(split.second) >= 600
    assert {row.language for row in split.second} >= {"ru", "kk", "mixed"}


def test_the_shipped_model_names_narratives(shipped: StanceModel) -> None:
    rows = [
        {"id": 1, "text": "Понаехали релоканты, из-за них аренда выросла вдвое", "target": "migrants"},
        {"id": 2, "text": "Погода хорошая", "target": "погода"},
    ]
    first, second = answer(rows, load().targets, shipped)
    assert first["stance"] == "against"
    # A second one lies at its threshold: the arithmetic of the machine decides on it.
    assert "rising_costs" in first["narratives"]
    assert second["narratives"] == []
