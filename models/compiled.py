"""The serving form of the stance network: an int8 OpenVINO graph, kept in a cache and checked against torch.

The merged network is quantised at first use (under a minute on two cores) into a folder of the cache, which appears
there whole or not at all. Before a graph is trusted its answers are compared with the torch network's on the check
rows. Where int8 cannot be had the graph stays in fp32, and where no graph can be had torch serves: each step is told.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.network import StanceNetwork

_log = logging.getLogger(__name__)
SERVING = "s5"
"""Raised whenever graphs are made differently: a cache of another version is not read."""
TOLERANCE = 0.05
WIDTH_TOLERANCE = 0.2
LEAST_AGREEMENT = 0.9
PRECISIONS = ("int8", "fp32")
_PATIENCE_SECONDS = 300.0
_GRAPH, _WEIGHTS, _WORDS = "graph.xml", "graph.bin", "words.npy"
_CHECK, _MADE = "check.npz", "made.json"

Ids = NDArray[np.int64]
Logits = NDArray[np.float64]
Encodings = NDArray[np.float32]
Read = Callable[[Ids], tuple[Logits, Encodings]]


@dataclass(frozen=True)
class Engine:
    """Something that turns padded ids into logits (rows x 3) and encodings (rows x 3 hidden).

    `check` is how far it is from torch on the check rows: the mean over rows of the largest difference in
    probability, in [0, 1]; `agreement` is the share of them in which both choose the same stance.
    """

    name: str
    read: Read
    check: float
    precision: str = "fp32"
    agreement: float = 1.0

    def run(self, ids: Ids) -> Logits:
        """The logits alone."""
        return self.read(ids)[0]

    def __str__(self) -> str:
        if self.name == "torch":
            return "torch fp32"
        return (
            f"{self.name} {self.precision}, differs from torch by {self.check:.4f} in probability on average, "
            f"same stance in {self.agreement:.1%} of the check rows"
        )


@dataclass(frozen=True)
class Rows:
    """What a graph is made with: `check` is compared, `calibration` gives activation ranges.

    Both hold padded arrays of the widths that are served: a processor's instructions may fail at one width alone.
    """

    check: list[Ids]
    calibration: list[Ids]


def cache_folder() -> Path:
    """`PIKIR_CACHE`, or `~/.cache/pikir` (after XDG_CACHE_HOME)."""
    base = os.environ.get("PIKIR_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pikir"


def torch_engine(network: StanceNetwork) -> Engine:
    """The reference: the network itself, in fp32."""
    import torch

    from models.network import ServedNetwork

    served = ServedNetwork(network)

    def read(ids: Ids) -> tuple[Logits, Encodings]:
        with torch.inference_mode():
            logits, encodings = served(torch.from_numpy(ids))
        return logits.double().numpy(), encodings.float().numpy()

    return Engine("torch", read, 0.0)


def compiled_engine(
    make_network: Callable[[], StanceNetwork], key: str, make_rows: Callable[[], Rows], threads: int = 0
) -> Engine:
    """The compiled graph of the network, from the cache where it is there and sound.

    `make_network` and `make_rows` are called only where the cache lacks the graph. `key` names the cache entry; it must
    change with the weights. `threads` 0: all cores. Processes that find the cache empty at once take turns.
    """
    folder = cache_folder() / f"{key}-{SERVING}"
    if engine := _from_cache(folder, threads):
        return engine
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_name(f"{folder.name}.lock"), timeout=_PATIENCE_SECONDS):
            if engine := _from_cache(folder, threads, again=True):
                return engine
            return _made(make_network(), folder, make_rows(), threads)
    except filelock.Timeout:
        _log.warning(
            "another process has been making %s for %.0f s; torch is used instead, about three times slower",
            folder,
            _PATIENCE_SECONDS,
        )
    except OSError as error:
        _log.warning(
            "%s cannot be written (%s); torch is used instead, about three times slower: set PIKIR_CACHE", folder, error
        )
    return torch_engine(make_network())


def _from_cache(folder: Path, threads: int, *, again: bool = False) -> Engine | None:
    if not folder.is_dir():
        return None
    try:
        engine = _opened(folder, threads)
        if reason := json.loads((folder / _MADE).read_text(encoding="utf-8"))["reason"]:
            _log.warning(
                "served in %s, since int8 failed (%s); remove %s to try again", engine.precision, reason, folder
            )
        return engine
    except Exception as error:  # a damaged cache may fail anywhere in the runtime; it is made anew
        if not again:
            _log.warning("the compiled model in %s cannot be used (%s); it is made anew", folder, error)
        return None


def _made(network: StanceNetwork, folder: Path, rows: Rows, threads: int) -> Engine:
    """The best graph that can be made, published in `folder`; torch where there is none."""
    started = time.monotonic()
    _log.info("compiling the stance model for this machine, once; it takes about a minute")
    reference = torch_engine(network)
    logits = [reference.run(ids) for ids in rows.check]
    reason = ""
    for precision in PRECISIONS:
        try:
            engine = _published(network, folder, rows, logits, precision, reason, threads)
        except OSError:
            raise
        except Exception as error:  # a graph only saves time: without it the next in the chain serves
            reason = f"{type(error).__name__}: {error}"
            _log.warning("compiling the model to %s failed (%s)", precision, reason)
            continue
        _log.info("compiled in %.0f s into %s: %s", time.monotonic() - started, folder, engine)
        return engine
    _log.warning("torch is used instead, about three times slower")
    return reference


def _published(
    network: StanceNetwork, folder: Path, rows: Rows, logits: list[Logits], precision: str, reason: str, threads: int
) -> Engine:
    """Makes a graph beside its final place, opens it there, and moves it in place whole if it agrees with torch."""
    from models.lookup import word_table
    from models.quantise import converted, quantised, save
    from models.splitting import split_outliers

    words = word_table(network)
    if precision == "int8":
        split = split_outliers(network, rows.calibration)
        graph = quantised(converted(split, rows.check[0], words), rows.calibration, words)
    else:
        graph = converted(network, rows.check[0], words)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as beside:
        part = Path(beside) / "new"
        part.mkdir()
        save(graph, part / _GRAPH)
        np.save(part / _WORDS, words)
        arrays = {f"ids{n}": ids for n, ids in enumerate(rows.check)} | {
            f"logits{n}": one for n, one in enumerate(logits)
        }
        np.savez(part / _CHECK, **arrays)
        made: dict[str, Any] = {"precision": precision, "reason": reason, "digests": _digests(part)}
        _write(part / _MADE, made)
        engine = _opened(part, threads, whole=True)
        _write(part / _MADE, {**made, "check": engine.check, "agreement": engine.agreement})
        if folder.exists():
            folder.rename(Path(beside) / "old")
        part.rename(folder)
    return engine


def _opened(folder: Path, threads: int, *, whole: bool = False) -> Engine:
    """The graph in `folder`. Raises where it is damaged, or where its answers to the check rows are not torch's.

    `whole`: all check rows, not only the first of each width. Few rows say little of how often both choose the same
    stance: that counts where all of them are looked at. The figures of the engine are those of all rows, from when the
    graph was made.
    """
    made: dict[str, Any] = json.loads((folder / _MADE).read_text(encoding="utf-8"))
    if made["digests"] != _digests(folder):
        raise RuntimeError("a file of it has changed")
    with np.load(folder / _CHECK, allow_pickle=False) as check:
        pairs = [(check[f"ids{n}"], check[f"logits{n}"]) for n in range(len(check.files) // 2)]
    words = np.load(folder / _WORDS, mmap_mode="r", allow_pickle=False)
    read = graph_reader(folder / _GRAPH, words, threads)
    seen = [(ids, logits) if whole else (ids[:1], logits[:1]) for ids, logits in pairs]
    found = [read(ids)[0] for ids, _ in seen]
    difference, agreement = compared(np.concatenate(found), np.concatenate([logits for _, logits in seen]))
    worst, width = max((compared(f, logits)[0], ids.shape[1]) for f, (ids, logits) in zip(found, seen, strict=True))
    if difference > TOLERANCE or worst > WIDTH_TOLERANCE or (whole and agreement < LEAST_AGREEMENT):
        raise RuntimeError(
            f"it differs from torch by {difference:.3f} in probability (allowed is {TOLERANCE}), at a width of {width} "
            f"tokens by {worst:.3f} (allowed is {WIDTH_TOLERANCE}), and chooses the same stance in {agreement:.0%} of "
            f"the check rows (needed are {LEAST_AGREEMENT:.0%})"
        )
    told = made.get("check", difference), made["precision"], made.get("agreement", agreement)
    return Engine("openvino", read, *told)


def _write(path: Path, made: dict[str, Any]) -> None:
    path.write_text(json.dumps(made, indent=2), encoding="utf-8")


def graph_reader(model: Any, words: NDArray[np.float16], threads: int = 0, precision: str = "f32") -> Read:
    """What runs an OpenVINO model (or its file) on this CPU, with the rows of `words` as its second input.

    `precision` is that of what is not quantised: f32, or bf16, which is f32 where the CPU has no bf16. Beside int8,
    bf16 is a tenth to a fifth faster, and wrong on processors with AMX: OpenVINO 2026.4 answers rows of 32
    tokens otherwise.
    """
    from models.quantise import openvino

    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        precision = "f32"
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "CPU_RUNTIME_CACHE_CAPACITY": "2000",  # what is kept for shapes seen before: 5000 by default, some 74 a shape
        "INFERENCE_PRECISION_HINT": precision,
        "ENABLE_CPU_PINNING": "NO",  # two processes would be pinned to the same cores
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    turn = threading.Lock()

    def read(ids: Ids) -> tuple[Logits, Encodings]:
        with turn:
            result = request.infer({0: ids, 1: words[ids].astype(np.float32)})
            return np.array(result[0], dtype=np.float64), np.array(result[1], dtype=np.float32)

    return read


def compared(logits: Logits, reference: Logits) -> tuple[float, float]:
    """Mean over rows of the largest difference in probability, and the share of rows with the same stance."""
    differences = np.abs(_softmax(logits) - _softmax(reference)).max(axis=1)
    return float(differences.mean()), float((logits.argmax(axis=1) == reference.argmax(axis=1)).mean())


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for name in (_GRAPH, _WEIGHTS, _WORDS, _CHECK):
        with (folder / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return digests


def _softmax(logits: Logits) -> Logits:
    shifted: Logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    total: Logits = shifted / shifted.sum(axis=1, keepdims=True)
    return total
