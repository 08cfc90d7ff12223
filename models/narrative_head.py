"""The narrative head on disk and at work: a projection in which posts lie near the narratives that they voice.

A folder in `models/adapters/` may hold `narratives.safetensors` (centre and projection) and `narratives.json` (the
thresholds). Only safetensors and JSON are read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

Matrix = NDArray[np.float32]
FILES = WEIGHTS, THRESHOLDS = "narratives.safetensors", "narratives.json"
ANY = ""


@dataclass(frozen=True)
class NarrativeHead:
    """`centre` (d,) and `projection` (d, k) of encodings; `thresholds` are cosines in [-1, 1].

    A narrative is voiced where the cosine of post and narrative reaches the threshold of "target/name", or that of
    "" (any other), which is for narratives that the head was not trained on.
    """

    centre: Matrix
    projection: Matrix
    thresholds: Mapping[str, float]

    def project(self, encodings: Matrix) -> Matrix:
        """Rows x d encodings as rows x k vectors of length 1. ValueError where they come from another network."""
        if encodings.shape[1:] != self.centre.shape:
            raise ValueError(f"encodings of {encodings.shape[1:]} values, the narrative head reads {self.centre.shape}")
        turned = (encodings - self.centre) @ self.projection
        return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def prototype(self, encodings: Matrix) -> Matrix:
        """The direction (k,) of a narrative from the encodings of its description and examples."""
        mean = self.project(encodings).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)

    def threshold(self, target: str, narrative: str) -> float:
        """The cosine from which a post voices a narrative."""
        return self.thresholds.get(f"{target}/{narrative}", self.thresholds[ANY])


def load_head(folder: Path) -> NarrativeHead | None:
    """The head in an adapter's folder; None where it has none. ValueError, KeyError or SafetensorError if damaged."""
    if not (folder / WEIGHTS).exists() and not (folder / THRESHOLDS).exists():
        return None
    tensors = load_file(folder / WEIGHTS)
    form: Any = json.loads((folder / THRESHOLDS).read_text(encoding="utf-8"))
    thresholds = {str(name): float(value) for name, value in form["thresholds"].items()}
    if ANY not in thresholds or not all(math.isfinite(value) for value in thresholds.values()):
        raise ValueError(f'{THRESHOLDS} needs finite thresholds, and one named "" for any other narrative')
    centre, projection = tensors["centre"].astype(np.float32), tensors["projection"].astype(np.float32)
    if centre.ndim != 1 or projection.ndim != 2 or projection.shape[0] != centre.shape[0]:
        raise ValueError(f"{WEIGHTS} holds a centre of {centre.shape} and a projection of {projection.shape}")
    return NarrativeHead(centre, projection, thresholds)


def save_head(folder: Path, head: NarrativeHead, about: Mapping[str, Any]) -> None:
    """Writes what `load_head` reads, weights in 16 bits; `about` is kept beside the thresholds (how it was made)."""
    # safetensors writes the memory as it lies: a transposed array would come back scrambled.
    tensors = {"centre": head.centre, "projection": head.projection}
    save_file({name: np.ascontiguousarray(value, np.float16) for name, value in tensors.items()}, folder / WEIGHTS)
    form = {"thresholds": {name: round(value, 4) for name, value in head.thresholds.items()}, **about}
    (folder / THRESHOLDS).write_text(json.dumps(form, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
