"""The compiled network: it answers as torch does, a row alone as in a batch, and its cache heals and is shared."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny_encoder import HIDDEN, PIECES, bert

from models.compiled import (
    SERVING,
    TOLERANCE,
    Engine,
    Rows,
    cache_folder,
    compared,
    compiled_engine,
    torch_engine,
)
from models.network import StanceNetwork
from models.splitting import split_outliers

Ids = NDArray[np.int64]


def _rows(rows: int, width: int, seed: int = 0) -> Ids:
    """Rows as the tokenizer makes them: <s> target </s></s> text </s>, padded on the right."""
    rng = np.random.default_rng(seed)
    ids = np.full((rows, width), 1, dtype=np.int64)
    for row in ids:
        length = int(rng.integers(8, width + 1))
        row[:length] = rng.integers(4, len(PIECES) - 1, length)
        row[0] = 0
        row[[3, 4, length - 1]] = 2
    return ids


def _p(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def network(seed: int = 0) -> StanceNetwork:
    """A random network that is as sure of its answers as a trained one."""
    made = StanceNetwork(bert(seed), HIDDEN, eos=2, pad=1).eval()
    torch.nn.init.normal_(made.out.weight, std=1.0)
    return made


def _made_with() -> Rows:
    return Rows([_rows(32, 24, seed=9), _rows(4, 32, seed=9)], [_rows(1, width, seed=width) for width in range(8, 40)])


def _never() -> StanceNetwork:
    raise AssertionError("the cache holds the graph: no network is needed")


def _no_rows() -> Rows:
    raise AssertionError("the cache holds the graph: no rows are needed")


def _open() -> Engine:
    return compiled_engine(_never, "tiny", _no_rows)


def _entry(cache: Path) -> Path:
    return cache / f"tiny-{SERVING}"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that holds the graph of the network with seed 0."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIKIR_CACHE", str(folder))
        engine = compiled_engine(network, "tiny", _made_with)
        assert (engine.name, engine.precision) == ("openvino", "int8")
    return folder


@pytest.fixture(autouse=True)
def _warnings_are_seen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)


@pytest.fixture
def cache(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, for a test to damage."""
    _entry(tmp_path).mkdir()
    for part in _entry(compiled).iterdir():
        (_entry(tmp_path) / part.name).write_bytes(part.read_bytes())
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("rows", "width"), [(1, 8), (1, 48), (32, 16), (7, 64)])
def test_it_answers_as_torch_does_at_any_size(cache: Path, rows: int, width: int) -> None:
    ids, engine = _rows(32, width), _open()
    parts = [engine.read(ids[start : start + rows]) for start in range(0, 32, rows)]
    logits, encodings = (np.concatenate(part) for part in zip(*parts, strict=True))
    wanted, vectors = torch_engine(network()).read(ids)
    difference, agreement = compared(logits, wanted)
    assert difference <= TOLERANCE
    assert agreement >= 0.75
    assert logits.shape == (32, 3)
    cosine = (encodings * vectors).sum(1) / np.linalg.norm(encodings, axis=1) / np.linalg.norm(vectors, axis=1)
    assert cosine.min() > 0.99


def test_a_row_is_answered_the_same_whatever_its_neighbours(cache: Path) -> None:
    engine, ids = _open(), _rows(33, 32)
    logits, encodings = engine.read(ids)
    loud = ids.copy()
    loud[1:] = 7
    for neighbours in (ids[:1], ids[:2], loud, ids[[0, *range(32, 0, -1)]]):
        alone, vector = engine.read(neighbours)
        assert np.array_equal(np.round(alone[0], 4), np.round(logits[0], 4))
        assert np.allclose(vector[0], encodings[0], atol=1e-5)


def test_splitting_loud_neurons_changes_no_answer() -> None:
    loud = network()
    layer = loud.encoder.encoder.layer[0]
    with torch.no_grad():
        layer.intermediate.dense.weight[5] *= 40
    rows = _made_with().calibration
    before = [torch_engine(loud).read(ids) for ids in rows[:5]]
    wide = split_outliers(loud, rows, copies=16)
    added = wide.encoder.encoder.layer[0].output.dense.in_features - layer.output.dense.in_features
    assert added == 16
    alike = (wide.encoder.encoder.layer[0].intermediate.dense.weight == layer.intermediate.dense.weight[5]).all(dim=1)
    assert alike.sum() > 8, "the loud one is written most often"
    for ids, (logits, encodings) in zip(rows[:5], before, strict=True):
        again, vectors = torch_engine(wide).read(ids)
        assert np.allclose(again, logits, atol=1e-4)
        assert np.allclose(vectors, encodings, atol=1e-4)
        assert np.array_equal(torch_engine(loud).run(ids), logits), "the network itself stays as it was"


def test_what_it_told_of_the_check_is_so(cache: Path) -> None:
    engine = _open()
    assert 0 < engine.check <= TOLERANCE
    assert 0.75 <= engine.agreement <= 1
    assert str(engine).startswith("openvino int8, differs from torch by 0.0")


def test_a_sound_cache_needs_no_network_and_stays_as_it_is(cache: Path) -> None:
    before = {part.name: part.stat().st_mtime_ns for part in _entry(cache).iterdir()}
    assert _open().precision == "int8"
    assert {part.name: part.stat().st_mtime_ns for part in _entry(cache).iterdir()} == before
    assert [part.name for part in cache.iterdir()] == [_entry(cache).name], "nothing but the entry"


def test_a_sound_cache_is_served_from_a_place_that_cannot_be_written(cache: Path) -> None:
    (cache / f"tiny-{SERVING}.lock").mkdir()
    assert _open().precision == "int8"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("graph.xml", "cut short"),
        ("graph.bin", "one byte turned"),
        ("words.npy", "one byte turned"),
        ("check.npz", "gone"),
        ("made.json", "cut short"),
    ],
)
def test_a_damaged_cache_is_made_anew(cache: Path, name: str, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    part = _entry(cache) / name
    whole = part.read_bytes()
    if damage == "gone":
        part.unlink()
    elif damage == "cut short":
        part.write_bytes(whole[: len(whole) // 2])
    else:
        part.write_bytes(whole[:-9] + bytes([whole[-9] ^ 0x55]) + whole[-8:])
    made: list[int] = []

    def make() -> StanceNetwork:
        made.append(1)
        return network()

    engine = compiled_engine(make, "tiny", _made_with)
    assert (engine.precision, len(made)) == ("int8", 1)
    assert "made anew" in caplog.text
    assert _open().precision == "int8", "what was made anew is sound"


def test_a_graph_of_another_network_is_not_trusted(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The reference says what the weights of this key answer; a graph that answers otherwise is replaced."""
    entry = _entry(cache)
    with np.load(entry / "check.npz") as check:
        kept = dict(check)
    ids, another = kept["ids0"], torch_engine(network(seed=5))
    np.savez(entry / "check.npz", **{**kept, "logits0": another.run(ids), "logits1": another.run(kept["ids1"])})
    monkeypatch.setattr(
        "models.compiled._digests", lambda folder: json.loads((entry / "made.json").read_text())["digests"]
    )
    engine = compiled_engine(lambda: network(seed=5), "tiny", _made_with)
    assert "differs from torch" in caplog.text
    assert compared(engine.run(ids), another.run(ids))[0] <= TOLERANCE


@pytest.mark.parametrize("trouble", ["nncf is not installed", "int8 disagrees"])
def test_where_int8_cannot_be_had_the_graph_stays_in_fp32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path))
    if trouble == "int8 disagrees":

        def disagreeing(graph: object, rows: object) -> object:
            raise RuntimeError("it differs from torch")

        monkeypatch.setattr("models.quantise.quantised", disagreeing)
    else:
        monkeypatch.setitem(sys.modules, "nncf", None)
    engine = compiled_engine(network, "tiny", _made_with)
    assert (engine.name, engine.precision) == ("openvino", "fp32")
    assert engine.check < 0.0005
    assert "to int8 failed" in caplog.text
    caplog.clear()
    assert _open().precision == "fp32", "it is not tried at every start"
    assert "remove" in caplog.text
    assert trouble != "nncf is not installed" or "nncf" in caplog.text, "and every start tells why"


def test_without_openvino_torch_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "models.quantise", None)
    engine = compiled_engine(network, "tiny", _made_with)
    assert engine.name == "torch"
    assert "torch is used instead" in caplog.text


def test_without_a_place_for_the_cache_torch_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path / "file" / "cache"))
    engine = compiled_engine(network, "tiny", _made_with)
    assert engine.name == "torch"
    assert "torch is used instead" in caplog.text
    assert "PIKIR_CACHE" in caplog.text
    ids = _rows(4, 16)
    assert np.array_equal(engine.run(ids), torch_engine(network()).run(ids))


_PROCESS = """
import sys
sys.path[:0] = sys.argv[1:]
from test_compiled_model import _made_with, network
from models.compiled import compiled_engine
engine = compiled_engine(network, "tiny", _made_with)
print(engine.precision, engine.run(_made_with().check[0][:3]).tolist())
"""


def test_processes_that_find_the_cache_empty_at_once_get_the_same_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path))
    places = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    words = [sys.executable, "-c", _PROCESS, *places]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0][0] == told[1][0]
    assert told[0][0].startswith("int8 "), "and nothing but the result is on standard output"
    assert not [part for part in tmp_path.iterdir() if part.name.startswith(".making")]


def test_nobody_is_told_that_a_model_was_converted(cache: Path) -> None:
    from openvino.tools.ovc import telemetry_stub, telemetry_utils

    assert telemetry_utils.tm is telemetry_stub


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKIR_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("PIKIR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/pikir")
