"""The compiled network: it answers as torch does, at any width, and its cache heals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_encoder import PIECES, network

from models.compiled import TOLERANCE, Engine, cache_folder, compiled_engine, torch_engine
from models.network import StanceNetwork

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


CHECK = _rows(4, 16, seed=9)


def _never() -> StanceNetwork:
    raise AssertionError("the cache holds the graph: no network is needed")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that holds the graph of the network with seed 0."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIKIR_CACHE", str(folder))
        assert compiled_engine(network, "tiny", CHECK).name == "openvino"
    return folder


@pytest.fixture
def cache(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, for a test to damage."""
    for part in compiled.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("rows", "width"), [(1, 8), (1, 48), (32, 16), (7, 64)])
def test_it_answers_as_torch_does_at_any_size(cache: Path, rows: int, width: int) -> None:
    engine = compiled_engine(_never, "tiny", CHECK)
    assert engine.check <= TOLERANCE
    ids = _rows(rows, width)
    reference = torch_engine(network()).run(ids)
    assert np.abs(_p(engine.run(ids)) - _p(reference)).max() <= TOLERANCE
    assert reference.shape == (rows, 3)


def test_a_sound_cache_needs_no_network(cache: Path) -> None:
    before = {part.name: part.stat().st_mtime_ns for part in cache.iterdir()}
    assert compiled_engine(_never, "tiny", CHECK).name == "openvino"
    assert {part.name: part.stat().st_mtime_ns for part in cache.iterdir()} == before


def _swap(path: Path, make: Callable[[bytes], bytes]) -> None:
    path.write_bytes(make(path.read_bytes()))


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".xml", lambda whole: whole[: len(whole) // 2]),
        (".bin", lambda whole: whole[::-1]),
        (".npy", lambda whole: whole[:-8]),
    ],
)
def test_a_damaged_cache_is_made_anew(
    cache: Path, suffix: str, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    _swap(cache / f"tiny{suffix}", damage)
    made: list[int] = []

    def make() -> StanceNetwork:
        made.append(1)
        return network()

    with caplog.at_level(logging.WARNING):
        engine = compiled_engine(make, "tiny", CHECK)
    assert (engine.name, len(made)) == ("openvino", 1)
    assert "made anew" in caplog.text
    assert compiled_engine(_never, "tiny", CHECK).name == "openvino", "what was made anew is sound"


def test_a_cache_that_lacks_a_part_is_made_anew(cache: Path) -> None:
    (cache / "tiny.npy").unlink()
    assert compiled_engine(network, "tiny", CHECK).name == "openvino"
    assert (cache / "tiny.npy").exists()


def test_a_graph_of_another_network_is_not_trusted(cache: Path) -> None:
    """The reference says what the weights of this key answer; a graph that answers otherwise is replaced."""
    np.save(cache / "tiny.npy", torch_engine(network(seed=5)).run(CHECK))
    engine = compiled_engine(lambda: network(seed=5), "tiny", CHECK)
    reference = torch_engine(network(seed=5)).run(CHECK)
    assert np.abs(_p(engine.run(CHECK)) - _p(reference)).max() <= TOLERANCE


def test_without_a_place_for_the_cache_torch_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PIKIR_CACHE", str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.WARNING):
        engine: Engine = compiled_engine(network, "tiny", CHECK)
    assert engine.name == "torch"
    assert "torch is used instead" in caplog.text
    assert np.array_equal(engine.run(CHECK), torch_engine(network()).run(CHECK))


def test_nobody_is_told_that_a_model_was_converted(cache: Path) -> None:
    from openvino.tools.ovc import telemetry_stub, telemetry_utils

    assert telemetry_utils.tm is telemetry_stub


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKIR_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("PIKIR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/pikir")
