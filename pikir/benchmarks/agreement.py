"""How far the estimators lie from ppi-python and quapy on the same input.

Both packages pin old versions of what pikir uses, so their answers were made in an environment of its own
(tests/analysis/data/quantification/reference.py) and lie beside their inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analysis.shares import Prior, estimate
from analysis.shares.adjusted_count import adjust, reading_rates
from analysis.shares.authors import PROBABILITIES, Floats
from storage.records import STANCES

REFERENCE = Path(__file__).parents[2] / "tests" / "analysis" / "data" / "quantification" / "reference.json"


def read_reference(path: Path = REFERENCE) -> dict[str, list[dict[str, Any]]]:
    """The stored inputs and answers. FileNotFoundError, saying how to make them, where they are missing."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; make it with {path.with_name('reference.py')} (see its heading)")
    answers: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return answers


def differences(reference: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """The largest absolute difference from each of ppi-python's and quapy's answers."""
    found: dict[str, float] = {}
    for name, difference in _each(reference):
        found[name] = max(found.get(name, 0.0), difference)
    return found


def _each(reference: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, float]]:
    for case in reference["ppi"]:
        share = (
            estimate(_posts(case["probabilities"]), _labels(case), method="ppi++", among="all").shares["against"].share
        )
        yield "ppi-python", abs((share or 0.0) - case["against"])
    for case in reference["quapy"]:
        p, held = np.array(case["probabilities"]), np.array(case["calibration"])
        labels = np.array(case["labels"])
        prior = Prior(tuple(np.bincount(labels, minlength=3) / labels.size))
        told = estimate(_posts(case["probabilities"]), method="emq", among="all", prior=prior)
        shares = [told.shares[stance].share or 0.0 for stance in STANCES]
        yield "quapy EMQ", float(np.abs(np.array(shares) - case["emq"]).max())
        yield "quapy ACC", _adjusted(np.eye(3)[p.argmax(axis=1)], np.eye(3)[held.argmax(axis=1)], labels, case["acc"])
        yield "quapy PACC", _adjusted(p, held, labels, case["pacc"])


def _adjusted(rows: Floats, held: Floats, labels: Any, wanted: list[float]) -> float:
    shares = adjust(rows.mean(axis=0), reading_rates(held, labels, np.ones(labels.size)))
    return float(np.abs(shares - wanted).max())


def _posts(probabilities: list[list[float]]) -> pl.DataFrame:
    frame = pl.DataFrame(probabilities, schema=list(PROBABILITIES), orient="row")
    return frame.with_row_index("post_id").with_columns(author=pl.lit(""))


def _labels(case: dict[str, Any]) -> pl.DataFrame:
    labels = [STANCES[k] for k in case["labels"]]
    chance = len(labels) / len(case["probabilities"])
    return pl.DataFrame(
        {"post_id": range(len(labels)), "label": labels, "inclusion_probability": [chance] * len(labels)}
    )
