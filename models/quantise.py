"""From the torch network to an OpenVINO graph, and from that to int8 by nncf's post-training quantisation.

Activations are quantised statically, with ranges taken from calibration rows, so that what a row is answered does not
depend on its neighbours in a batch. SmoothQuant (Xiao et al. 2023) evens out the channels of large activations first.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

# OpenVINO and nncf report their use to their makers wherever this package can be imported; without it, they do not.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402

if TYPE_CHECKING:
    from models.network import StanceNetwork

__all__ = ["converted", "openvino", "quantised", "save"]
Ids = NDArray[np.int64]
Table = NDArray[np.float16]
_ALPHA = 0.8  # how much of the range SmoothQuant moves from activations to weights; nncf's own 0.95 was worse here


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Both libraries set up logging for the whole process, and write to standard output, where results belong."""
    root, kind = logging.getLogger(), logging.getLoggerClass()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of branches on shapes and the like; the check against torch decides
            yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers
        logging.setLoggerClass(kind)


def converted(network: StanceNetwork, example: Ids, table: Table) -> Any:
    """The network as an OpenVINO model for any number of rows and tokens.

    Inputs are ids and their rows of `table` (`models.lookup`), outputs logits and encodings.
    """
    import torch

    from models.lookup import GivenWords

    ids = example[:4]
    given = torch.from_numpy(ids), torch.from_numpy(table[ids].astype(np.float32))
    with _undisturbed():
        graph = openvino.convert_model(GivenWords(network), example_input=given)
    graph.reshape({0: openvino.PartialShape([-1, -1]), 1: openvino.PartialShape([-1, -1, table.shape[1]])})
    return graph


def quantised(graph: Any, rows: list[Ids], table: Table) -> Any:
    """The graph with int8 weights and activations. `rows`: arrays of ids, of the lengths that are served."""
    with _undisturbed():
        import nncf

        logging.getLogger("nncf").setLevel(logging.ERROR)
        return nncf.quantize(
            graph,
            nncf.Dataset(rows, lambda ids: {0: ids, 1: table[ids].astype(np.float32)}),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(rows),
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=_ALPHA)
            ),
        )


def save(graph: Any, path: Path) -> None:
    """Writes `path` (.xml) and the weights beside it (.bin); what is not quantised in 16 bits."""
    openvino.save_model(graph, path, compress_to_fp16=True)
