"""What this CPU can do at most in int8 and how much of it a network asks for, in multiply-adds (MAC).

The peak is measured, not looked up: an OpenVINO graph of nothing but quantised matrix products of the network's own
feed-forward shape (tokens x hidden, hidden x feed-forward and back), on one thread, the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

_LAYERS, _TOKENS, _RUNS = 8, 1536, 6


def int8_peak(hidden: int, feed_forward: int) -> float:
    """Int8 multiply-adds a second on one thread."""
    from models.quantise import openvino

    settings = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(_products(hidden, feed_forward), "CPU", settings)
    request = compiled.create_infer_request()
    rows = np.random.default_rng(0).standard_normal((_TOKENS, hidden)).astype(np.float32)
    taken = []
    for _ in range(_RUNS):
        started = time.process_time()
        request.infer({0: rows})
        taken.append(time.process_time() - started)
    return _LAYERS * _TOKENS * hidden * feed_forward / min(taken)


def multiply_adds(lengths: Sequence[int], hidden: int, feed_forward: int, layers: int) -> int:
    """Those of a BERT encoder over rows of these lengths: linear layers, and attention over each row's own tokens."""
    linear = sum(lengths) * (4 * hidden * hidden + 2 * hidden * feed_forward)
    attention = sum(2 * length * length * hidden for length in lengths)
    return layers * (linear + attention)


def _products(hidden: int, feed_forward: int) -> Any:
    from openvino import opset13 as ops

    from models.quantise import openvino

    rng = np.random.default_rng(0)
    asked = ops.parameter([_TOKENS, hidden], np.float32)
    state = asked
    low, high = np.float32(-1), np.float32(127 / 128)
    for layer in range(_LAYERS):
        columns, rows = (hidden, feed_forward) if layer % 2 == 0 else (feed_forward, hidden)
        weights = ops.convert(ops.constant(rng.integers(-127, 128, (rows, columns)).astype(np.int8)), np.float32)
        scale = ops.constant(np.full((rows, 1), 1 / 127 / columns**0.5, np.float32))
        quantised = ops.fake_quantize(state, low, high, low, high, 256)
        state = ops.matmul(quantised, ops.multiply(weights, scale), False, True)
    return openvino.Model([state], [asked])
