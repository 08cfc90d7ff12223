"""The serving form of the stance network: an OpenVINO graph, kept in a cache and checked against torch.

The merged network is converted on first use (some seconds) and stored under the cache folder by the
model's digest. Before it is trusted, its probabilities are compared with the torch network's on the check
texts; a graph that disagrees, or a damaged cache file, is made anew once and then given up for torch.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.network import ServedNetwork, StanceNetwork

# OpenVINO's converter reports its use to its makers wherever this package can be imported; without it, it does not.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

_log = logging.getLogger(__name__)
TOLERANCE = 0.03
Ids = NDArray[np.int64]
Logits = NDArray[np.float64]
Encodings = NDArray[np.float32]


@dataclass(frozen=True)
class Engine:
    """Something that turns padded ids into logits (rows x 3) and encodings (rows x 3 hidden).

    `check` is its largest difference from torch, in probability.
    """

    name: str
    read: Callable[[Ids], tuple[Logits, Encodings]]
    check: float

    def run(self, ids: Ids) -> Logits:
        """The logits alone."""
        return self.read(ids)[0]


def cache_folder() -> Path:
    """`PIKIR_CACHE`, or `~/.cache/pikir` (after XDG_CACHE_HOME)."""
    base = os.environ.get("PIKIR_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pikir"


def torch_engine(network: StanceNetwork) -> Engine:
    """The reference: the network itself, in fp32."""

    served = ServedNetwork(network)

    def read(ids: Ids) -> tuple[Logits, Encodings]:
        with torch.inference_mode():
            logits, encodings = served(torch.from_numpy(ids))
        return logits.double().numpy(), encodings.float().numpy()

    return Engine("torch", read, 0.0)


def compiled_engine(make_network: Callable[[], StanceNetwork], key: str, check_rows: Ids, threads: int = 0) -> Engine:
    """The compiled graph of the network, from the cache where it is there and sound.

    `make_network` is called only where the cache lacks the graph. `key` names the cache entry (model digest).
    """
    path = cache_folder() / f"{key}.xml"
    reference_path = path.with_suffix(".npy")
    if path.exists() and reference_path.exists():
        try:
            return _checked(path, np.load(reference_path, allow_pickle=False), check_rows, threads)
        except Exception as error:  # a damaged cache may fail anywhere in the runtime; it is made anew
            _log.warning("the compiled model in %s cannot be used (%s); it is made anew", path, error)
    network = make_network()
    reference = torch_engine(network)
    try:
        _convert(network, check_rows, path)
        np.save(reference_path, reference.run(check_rows))
        return _checked(path, reference.run(check_rows), check_rows, threads)
    except Exception as error:  # the compiled graph only saves time: without it the torch network serves
        _log.warning("compiling the model failed (%s); torch is used instead, about three times slower", error)
        return reference


def _convert(network: StanceNetwork, rows: Ids, path: Path) -> None:
    """Writes the graph next to its final place and moves it there whole."""
    import openvino

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of branches on shapes; the check against torch decides
        graph = openvino.convert_model(ServedNetwork(network), example_input=torch.from_numpy(rows))
    graph.reshape({0: openvino.PartialShape([-1, -1])})
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        partial = Path(folder) / path.name
        openvino.save_model(graph, partial, compress_to_fp16=True)
        os.replace(partial.with_suffix(".bin"), path.with_suffix(".bin"))
        os.replace(partial, path)


def _checked(path: Path, reference: Logits, rows: Ids, threads: int) -> Engine:
    import openvino

    core = openvino.Core()
    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "1", "INFERENCE_PRECISION_HINT": "bf16"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    request = core.compile_model(path, "CPU", settings).create_infer_request()

    def read(ids: Ids) -> tuple[Logits, Encodings]:
        result = request.infer({0: ids})
        return np.array(result[0], dtype=np.float64), np.array(result[1], dtype=np.float32)

    difference = float(np.abs(_softmax(read(rows)[0]) - _softmax(reference)).max())
    if not difference <= TOLERANCE:
        raise RuntimeError(f"it differs from torch by {difference:.3f} in probability, allowed is {TOLERANCE}")
    return Engine("openvino", read, difference)


def _softmax(logits: Logits) -> Logits:
    shifted: Logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    total: Logits = shifted / shifted.sum(axis=1, keepdims=True)
    return total
