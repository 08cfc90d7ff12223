"""Training: data that is told from broken data, runs that go on where they stopped, adapters that serve."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny_encoder import save_folder

from configs.recipes import RecipeSettings, SetSettings
from configs.settings import TargetSettings
from models.adapter import load_adapter
from models.stance import Query, StanceModel
from models.training import train as training
from models.training.data import (
    CORPUS,
    NEWS,
    DataError,
    Split,
    held_out,
    load_split,
    read_corpus,
    read_news,
    read_rows,
    read_set,
    untrained,
)
from models.training.evaluate import figure, macro_f1
from models.training.make import make_adapter
from models.training.pace import PooledDropout, fastest_precision, quicken
from models.training.passes import draw_pass
from models.training.train import Progress, build_network, train
from storage.records import STANCES

GOOD, BAD, PLAIN = ["хорошо", "жақсы", "good"], ["плохо"], ["соседи", "россия"]
SET = SetSettings(name="tiny-set", train="train.jsonl", dev="dev.jsonl.gz", rows=64)
OTHER = SetSettings(name="other-set", train="other.jsonl", rows=32, holdout=0.3)


def _target(identifier: str) -> TargetSettings:
    return TargetSettings.model_validate(
        {
            "id": identifier,
            "title": {"ru": f"имя {identifier}"},
            "description": {"ru": "россия дом", "kk": "россия соседи"},
            "match": {"ru": {}},
        }
    )


TARGETS = {name: _target(name) for name in ("migrants", "russia")}


def _rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows whose label shows in one word."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        label = STANCES[number % 3]
        word = rng.choice({"against": BAD, "neutral": PLAIN, "favor": GOOD}[label])
        words = [rng.choice(PLAIN) for _ in range(rng.randint(0, 3))] + [word] * 3 + [str(seed * 1000 + number)]
        rows.append({"id": f"{seed}-{number}", "text": " ".join(words), "target": "дом", "lang": "ru", "label": label})
    return rows


def _write(path: Path, rows: list[Any]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    _write(folder / "train.jsonl", _rows(90, 1))
    _write(folder / "dev.jsonl.gz", [*_rows(30, 2), *_rows(90, 1)[:10], *_rows(90, 3)[:5]])
    _write(folder / "other.jsonl", [*_rows(90, 3), *_rows(90, 3)[:20]])
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> RecipeSettings:
    return RecipeSettings(
        name="tiny",
        encoder=str(save_folder(tmp_path_factory.mktemp("encoder"))),
        seed=3,
        frozen_layers=1,
        max_tokens=32,
        max_words=15,
        batch=8,
        passes=3,
        learning_rate=3e-3,
        head_learning_rate=5e-3,
        warmup=0.1,
        rank=8,
        checkpoint_steps=5,
        sets=(SET, OTHER),
    )


@pytest.fixture(scope="module")
def split(recipe: RecipeSettings, data: Path) -> Split:
    return load_split(recipe, data, TARGETS)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose more to a second thread than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def plain_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path / "cache"))


# ---- data


def test_development_rows_never_occur_in_training(split: Split) -> None:
    trained = {row.text for rows in split.train.values() for row in rows}
    for rows in split.dev.values():
        assert rows
        assert not trained & {row.text for row in rows}
    assert len(split.dev["tiny-set"]) >= 30, (
        "only the ten copies, and those of the other set's training part, are left out"
    )
    assert len(split.dev["tiny-set"]) <= 35


def test_copies_of_a_text_stand_on_one_side(split: Split) -> None:
    for name in ("other-set",):
        kept = {row.text for row in split.dev[name]}
        assert {held_out(text, 0.3) for text in kept} == {True}
        assert {held_out(row.text, 0.3) for row in split.train[name]} == {False}


def test_what_is_held_out_never_changes() -> None:
    assert [i for i in range(40) if held_out(f"corpus/ru-{i}", 0.15)] == [9, 10, 22, 32]
    assert not any(held_out(str(i), 0.0) for i in range(100))
    assert sum(held_out(str(i), 0.2) for i in range(5000)) == pytest.approx(1000, abs=100)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_what_a_smaller_one_does(identifier: str, a: float, b: float) -> None:
    assert not held_out(identifier, min(a, b)) or held_out(identifier, max(a, b))


def test_our_own_corpus_is_whole_and_split_by_post() -> None:
    rows = read_corpus(TARGETS, 55)
    assert len(rows) > 1000
    sides: dict[str, set[bool]] = {}
    for row in rows:
        assert row.text
        assert row.target_id in TARGETS
        sides.setdefault(row.id, set()).add(held_out(row.id, 0.15))
    assert {len(side) for side in sides.values()} == {1}


BROKEN: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"id": "1"', "line 2"),
    "blank line": (b"", "line 2"),
    "a list": (b"[1]", "line 2: a row is a JSON object"),
    "no text": (b'{"id": "9", "target": "x", "lang": "ru", "label": "favor"}', "line 2: lacks text"),
    "no language": (b'{"id": "9", "text": "t", "target": "x", "label": "favor"}', "line 2: lacks lang"),
    "another label": (
        b'{"id": "9", "text": "t", "target": "x", "lang": "ru", "label": "positive"}',
        "line 2: label 'positive', allowed are",
    ),
    "half a span": (
        b'{"id": "9", "text": "t", "target": "x", "lang": "ru", "label": "favor", "start": 1}',
        "line 2: lacks end",
    ),
    "not UTF-8": (b'{"id": "\xff"}', "after line"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_named_by_file_and_line(tmp_path: Path, case: str) -> None:
    line, message = BROKEN[case]
    path = tmp_path / "set.jsonl"
    good = json.dumps(_rows(1, 1)[0], ensure_ascii=False).encode()
    path.write_bytes(good + b"\n" + line + b"\n" + good + b"\n")
    with pytest.raises(DataError) as caught:
        read_set(path, SET, 20)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_absent_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.jsonl is not there; docs/data\.md"):
        list(read_rows(tmp_path / "absent.jsonl"))
    path = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress("".join(json.dumps(row) + "\n" for row in _rows(500, 1)).encode())
    for damaged in (whole[: len(whole) // 2], b"not gzip", whole[:100] + b"\x00" * 50 + whole[150:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"cut\.jsonl\.gz"):
            list(read_rows(path))


def test_a_set_without_rows_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text("")
    with pytest.raises(DataError, match="set other-set of recipe empty has no rows"):
        load_split(RecipeSettings(name="empty", sets=(OTHER,)), tmp_path, TARGETS)


def test_a_corpus_label_that_nobody_knows_is_told(tmp_path: Path) -> None:
    _write(tmp_path / "own.jsonl", [{"id": "1", "text": "t", "lang": "ru", "labels": {"nato": "favor"}}])
    with pytest.raises(DataError, match=r"own\.jsonl, line 1: 'nato'.*migrants"):
        read_corpus(TARGETS, 20, tmp_path)


def test_labels_of_news_are_joined_with_texts_kept_elsewhere(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "channel,message_id,target,start,end,label\nnews,7,russia,8,14,neutral\nnews,8,russia,0,6,favor\n",
        encoding="utf-8",
    )
    _write(tmp_path / "texts.jsonl", [{"channel": "news", "message_id": 7, "text": "Сегодня Россия заявила"}])
    (row,) = read_news(tmp_path / "texts.jsonl", TARGETS, 2, labels)
    assert (row.id, row.target_id, row.label, row.text) == ("news/news/7", "russia", 1, "Россия заявила")


def test_a_pass_is_drawn_from_recipe_seed_and_number_alone(split: Split, recipe: RecipeSettings) -> None:
    first = draw_pass(split, recipe, 0, TARGETS)
    assert first == draw_pass(split, recipe, 0, TARGETS)
    assert len(first) == 96
    assert first != draw_pass(split, recipe, 1, TARGETS)
    assert first != draw_pass(split, recipe.model_copy(update={"seed": 4}), 0, TARGETS)
    again = recipe.model_copy(update={"sets": (SET.model_copy(update={"rows": 200}),)})
    counts = [row.id for row in draw_pass(split, again, 0, TARGETS) if row.set == "tiny-set"]
    assert {counts.count(identifier) for identifier in set(counts)} == {2, 3}, "whole rounds first"


def test_own_rows_keep_their_label_in_other_words(split: Split, recipe: RecipeSettings) -> None:
    own = Split({**split.train, CORPUS: read_corpus(TARGETS, 15)[:50]}, split.dev)
    drawn = draw_pass(own, recipe.model_copy(update={"corpus_rows": 100}), 0, TARGETS)
    rows = [row for row in drawn if row.set == CORPUS]
    assert len(rows) == 100
    labels = {(row.id, row.target_id): row.label for row in own.train[CORPUS]}
    assert all(labels[row.id, row.target_id] == row.label for row in rows)
    assert {row.target for row in rows} >= {"россия дом", "имя migrants"}


def test_real_news_is_drawn_with_an_eighth_that_takes_a_stance(split: Split, recipe: RecipeSettings) -> None:
    (row, *_) = read_corpus(TARGETS, 15)
    news = [replace(row, id=f"news/{n}", set=NEWS, label=1 if n else 0) for n in range(50)]
    own = Split({**split.train, NEWS: news}, split.dev)
    drawn = [row for row in draw_pass(own, recipe.model_copy(update={"news_rows": 80}), 0, TARGETS) if row.set == NEWS]
    assert [STANCES[row.label] for row in drawn].count("against") == 10
    assert len(drawn) == 80


def test_a_rough_post_keeps_its_words(split: Split, recipe: RecipeSettings) -> None:
    (row, *_) = read_corpus(TARGETS, 15)
    own = Split({**split.train, CORPUS: [replace(row, text="Ну, «приехали»! (снова)…", language="ru")]}, split.dev)
    form = recipe.model_copy(update={"corpus_rows": 40, "roughened": 0.5})
    texts = {row.text for row in draw_pass(own, form, 0, TARGETS) if row.set == CORPUS}
    assert texts == {"Ну, «приехали»! (снова)…", "ну приехали снова"}


def test_rows_kept_for_development_are_given_as_their_files_have_them(split: Split, data: Path) -> None:
    assert [row["text"] for row in untrained(data, OTHER, 15)] == [row.text for row in split.dev["other-set"]]
    rows = untrained(data, SET, 15)
    assert {"id", "text", "target", "lang", "label"} == set(rows[0])
    assert {row["text"] for row in rows} >= {row.text for row in split.dev["tiny-set"]}


def test_excluded_targets_are_not_trained_on(recipe: RecipeSettings, data: Path) -> None:
    _write(data / "two.jsonl", [{**row, "target": "город" if n % 2 else "дом"} for n, row in enumerate(_rows(60, 5))])
    form = SetSettings(name="two", train="two.jsonl", rows=8, holdout=0.3, exclude=("город",))
    found = load_split(recipe.model_copy(update={"sets": (form,)}), data, TARGETS)
    assert {row.target for row in found.train["two"]} == {"дом"}
    assert {row.target for row in found.dev["two"]} == {"дом", "город"}


def test_a_contrast_set_stands_on_one_side(tmp_path: Path) -> None:
    rows = [
        {"id": f"c-{n}", "set": "c", "text": f"пост {n}", "lang": "ru", "labels": {"russia": "favor"}} for n in (1, 2)
    ]
    _write(tmp_path / "own.jsonl", rows)
    assert {row.id for row in read_corpus(TARGETS, 20, tmp_path)} == {"corpus/c"}


@pytest.mark.parametrize("prior", [{"against": 0.5}, {"against": 0.5, "neutral": 0.3, "favor": 0.4}])
def test_a_prior_that_is_none_is_refused(prior: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="one share for each of"):
        SetSettings(name="x", train="t", rows=1, prior=prior)


# ---- runs


def test_a_prior_shifts_the_logits_while_training(split: Split) -> None:
    form = SET.model_copy(update={"prior": {"against": 0.2, "neutral": 0.2, "favor": 0.6}})
    shift = training._shift(split.label_shares("tiny-set"), form)
    assert shift.tolist() == pytest.approx([np.log(1 / 0.6), np.log(1 / 0.6), np.log(1 / 1.8)], abs=0.01)
    assert training._shift(split.label_shares("tiny-set"), SET).tolist() == [0, 0, 0]


def test_a_run_goes_on_from_an_adapter(recipe: RecipeSettings, data: Path, tmp_path: Path, plain_cache: None) -> None:
    make_adapter(recipe, data, TARGETS, tmp_path / "checkpoint", tmp_path / "first", _quiet)
    second = recipe.model_copy(update={"start": str(tmp_path / "first"), "name": "second"})
    started, fresh = build_network(second, started=True)[1], build_network(second)[1]
    weights = load_adapter(str(tmp_path / "first")).head["out.weight"]
    assert torch.allclose(started.out.weight, weights.float(), atol=1e-3)
    assert not torch.allclose(fresh.out.weight, weights.float(), atol=1e-3)


def test_pooled_dropout_drops_its_share_and_rests_in_evaluation() -> None:
    layer = PooledDropout(0.25).train()
    states = torch.ones(400, 500)
    dropped = layer(states)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)
    assert torch.equal(layer.eval()(states), states)


def test_quickened_layers_keep_their_probability(recipe: RecipeSettings) -> None:
    network = build_network(recipe)[1]
    quicken(network)
    pooled = [module.p for module in network.modules() if isinstance(module, PooledDropout)]
    assert pooled == [0.1] * len(pooled)
    assert len(pooled) == 5, "after the embeddings, and twice a layer"
    assert fastest_precision(torch.device("cpu")) in (torch.float32, torch.bfloat16)


class PowerCutError(Exception):
    """The power went."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[list[int]]]:
    """Every batch of ids that a step was taken on."""
    batches: list[list[list[int]]] = []
    step = training._one_step

    def recorded(network: Any, optimizer: Any, schedule: Any, batch: training.Batch, *rest: Any) -> float:
        if len(batches) == recorded.stop_at:  # type: ignore[attr-defined]
            raise PowerCutError
        batches.append(batch.ids.tolist())
        return step(network, optimizer, schedule, batch, *rest)

    recorded.stop_at = -1  # type: ignore[attr-defined]
    monkeypatch.setattr(training, "_one_step", recorded)
    return batches


def _quiet(progress: Progress) -> None: ...


def test_the_loss_falls_and_the_labels_are_learned(recipe: RecipeSettings, split: Split, tmp_path: Path) -> None:
    longer = recipe.model_copy(update={"passes": 8, "dropout": 0.0})
    told: list[Progress] = []
    train(longer, split, TARGETS, tmp_path, told.append)
    assert [p.step for p in told] == [25, 50, 75]
    assert {p.steps for p in told} == {96}
    assert told[-1].loss < 0.6 * told[0].loss


def test_readings_are_asked_to_agree(recipe: RecipeSettings, split: Split, tmp_path: Path) -> None:
    one, other = torch.tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    p, q = one.softmax(1), other.softmax(1)
    both = ((p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)) / 2
    assert float(training._disagreement(one, other)) == pytest.approx(float(both.mean()))
    assert float(training._disagreement(one, one)) == 0
    losses: dict[float, list[float]] = {0.0: [], 5.0: []}
    for agreement, seen in losses.items():
        asked = recipe.model_copy(update={"agreement": agreement, "dropout": 0.3, "passes": 8})
        train(asked, split, TARGETS, tmp_path / str(agreement), lambda done, seen=seen: seen.append(done.loss))
    assert losses[5.0][0] > losses[0.0][0], "what the readings differ by is part of the loss"
    assert losses[5.0][-1] < losses[5.0][0]


def test_a_stopped_run_goes_on_with_the_same_batches(
    recipe: RecipeSettings, split: Split, tmp_path: Path, seen: list[list[list[int]]]
) -> None:
    whole_network = train(recipe, split, TARGETS, tmp_path / "whole", _quiet)
    whole = list(seen)
    assert len(whole) == 36
    seen.clear()
    training._one_step.stop_at = 17  # type: ignore[attr-defined]
    with pytest.raises(PowerCutError):
        train(recipe, split, TARGETS, tmp_path / "cut", _quiet)
    assert seen == whole[:17]
    seen.clear()
    training._one_step.stop_at = -1  # type: ignore[attr-defined]
    network = train(recipe, split, TARGETS, tmp_path / "cut", _quiet)
    assert seen == whole[15:], "from the checkpoint at step 15, in the same order"
    weights = dict(whole_network.named_parameters())
    assert all(torch.isfinite(value).all() for value in network.parameters())
    frozen = "encoder.encoder.layer.0.output.dense.weight"
    assert torch.equal(dict(network.named_parameters())[frozen], weights[frozen])


def test_without_dropout_a_resumed_run_ends_as_an_undisturbed_one(
    recipe: RecipeSettings, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: list[Any]
) -> None:
    build = training.build_network

    def still(of: RecipeSettings, started: bool = False) -> Any:
        encoder, network = build(of, started)
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        for layer in network.encoder.encoder.layer:  # type: ignore[union-attr,union-attr]
            layer.attention.self.dropout.p = 0.0  # type: ignore[union-attr]
        return encoder, network

    monkeypatch.setattr(training, "build_network", still)
    whole = train(recipe, split, TARGETS, tmp_path / "whole", _quiet)
    seen.clear()
    training._one_step.stop_at = 23  # type: ignore[attr-defined]
    with pytest.raises(PowerCutError):
        train(recipe, split, TARGETS, tmp_path / "cut", _quiet)
    training._one_step.stop_at = -1  # type: ignore[attr-defined]
    resumed = dict(train(recipe, split, TARGETS, tmp_path / "cut", _quiet).named_parameters())
    for name, value in whole.named_parameters():
        assert torch.allclose(value, resumed[name], atol=1e-4), f"{name}: moments and learning rate go on as they were"


def test_a_staged_run_is_the_same_run(
    recipe: RecipeSettings, split: Split, tmp_path: Path, seen: list[list[list[int]]]
) -> None:
    train(recipe, split, TARGETS, tmp_path, _quiet, last_pass=1)
    assert len(seen) == 12
    train(recipe, split, TARGETS, tmp_path, _quiet)
    assert len(seen) == 36
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    train(recipe, split, TARGETS, tmp_path, _quiet, last_pass=1)
    assert len(seen) == 36, "nothing is left to do"
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before, "a finished run is not called unfinished"


def test_a_checkpoint_of_another_recipe_is_not_gone_on_from(
    recipe: RecipeSettings, split: Split, tmp_path: Path
) -> None:
    train(recipe, split, TARGETS, tmp_path, _quiet, last_pass=1)
    with pytest.raises(DataError, match="another learning_rate than the recipe has; remove it"):
        train(recipe.model_copy(update={"learning_rate": 1e-5}), split, TARGETS, tmp_path, _quiet)


def test_an_adapter_is_made_whole_and_serves(
    recipe: RecipeSettings, data: Path, tmp_path: Path, plain_cache: None
) -> None:
    figures = make_adapter(recipe, data, TARGETS, tmp_path / "checkpoint", tmp_path / "made", _quiet)
    assert [f.name for f in figures] == ["tiny-set", "other-set"]
    for f in figures:
        assert 0 <= f.low <= f.f1 <= f.high <= 1
        assert f.rows >= 5
    adapter = load_adapter(str(tmp_path / "made"))
    assert (adapter.name, adapter.max_tokens, adapter.max_words) == ("tiny", 32, 15)
    assert adapter.calibration.cells[""].rows + sum(f.rows for f in figures) == sum(
        len(rows) for rows in load_split(recipe, data, TARGETS).dev.values()
    ), "measured on what the calibration was not fitted on"
    p = StanceModel(str(tmp_path / "made"), recipe.encoder, "torch").predict([Query("дом", "соседи хорошо")])
    assert p.shape == (1, 3)


def test_a_set_without_development_rows_has_no_figure(
    recipe: RecipeSettings, data: Path, tmp_path: Path, plain_cache: None
) -> None:
    form = OTHER.model_copy(update={"holdout": 0.0})
    short = recipe.model_copy(update={"sets": (form, SET), "passes": 1})
    figures = make_adapter(short, data, TARGETS, tmp_path / "checkpoint", tmp_path / "made", _quiet)
    assert [f.name for f in figures] == ["tiny-set"]


# ---- figures


def test_macro_f1_of_known_cases() -> None:
    truth = np.array([0, 0, 1, 2])
    assert macro_f1(truth, truth, [0, 1, 2]) == 1
    assert macro_f1(truth, np.array([0, 0, 0, 0]), [0, 1, 2]) == pytest.approx((2 * 2 / 6) / 3)
    assert macro_f1(truth[:2], truth[:2], [0, 2]) == 0.5


def test_the_figure_lies_in_its_interval_and_beats_guessing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    p = np.full((300, 3), 0.1)
    p[np.arange(300), np.where(rng.random(300) < 0.8, truth, (truth + 1) % 3)] = 0.8
    f = figure("x", truth, p, [0, 1, 2])
    assert f.low < f.f1 < f.high
    assert f.f1 == pytest.approx(0.8, abs=0.06)
    assert f.high - f.low < 0.12
    assert f.majority < 0.25
    assert f.calibration_error < 0.06
    assert f == figure("x", truth, p, [0, 1, 2]), "the same rows, the same interval"
