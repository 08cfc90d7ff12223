"""Makes reference.json: what ppi-python and quapy say of seeded inputs. Run in an environment of its own.

    python -m venv reference && reference/bin/pip install ppi-python==0.2.3 quapy==0.2.3
    N_JOBS=1 reference/bin/python tests/analysis/data/quantification/reference.py

Both pin old versions of what pikir uses, so they never enter its environment. The inputs are stored beside the
answers, rounded to six decimals, so that nothing depends on how a generator draws.
"""

import json
import sys
from pathlib import Path

import numpy as np

CLASSES = 3


def posts(rng, n, prevalence, separation=1.6, trained_on=(0.4, 0.3, 0.3)):
    """Stances and the probabilities of a classifier that was calibrated under `trained_on`."""
    stance = rng.choice(CLASSES, size=n, p=prevalence)
    signal = rng.normal(size=(n, CLASSES)) + separation * np.eye(CLASSES)[stance]
    logits = np.log(trained_on) + separation * signal
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return stance, np.round(p / p.sum(axis=1, keepdims=True), 6)


def prediction_powered(seed, labelled, unlabelled):
    """ppi_mean of the share against: point, power and the parts of the variance."""
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

    rng = np.random.default_rng(seed)
    stance, p = posts(rng, labelled + unlabelled, (0.2, 0.5, 0.3))
    y, hat = (stance[:labelled] == 0).astype(float), p[:, 0]
    point = ppi_mean_pointestimate(y, hat[:labelled], hat[labelled:])
    low, high = ppi_mean_ci(y, hat[:labelled], hat[labelled:], alpha=0.05)
    return {
        "labels": stance[:labelled].tolist(),
        "probabilities": p.tolist(),
        "against": float(np.squeeze(point)),
        "low": float(np.squeeze(low)),
        "high": float(np.squeeze(high)),
    }


def quantified(seed, calibration, target):
    """EMQ, ACC and PACC of quapy on the same probabilities and the same calibration labels."""
    from quapy.method.aggregative import ACC, EMQ, PACC

    rng = np.random.default_rng(seed)
    labels, held = posts(rng, calibration, (0.4, 0.3, 0.3))
    _, p = posts(rng, target, (0.15, 0.5, 0.35))
    prior = np.bincount(labels, minlength=CLASSES) / calibration
    emq, _ = EMQ.EM(prior, p, epsilon=1e-9)
    early, _ = EMQ.EM(prior, p)
    classes = np.arange(CLASSES)
    hard = np.bincount(p.argmax(axis=1), minlength=CLASSES) / target
    options = {"solver": "minimize", "method": "inversion"}
    acc = ACC.solve_adjustment(ACC.getPteCondEstim(classes, labels, held.argmax(axis=1)), hard, **options)
    pacc = ACC.solve_adjustment(PACC.getPteCondEstim(classes, labels, held), p.mean(axis=0), **options)
    return {
        "labels": labels.tolist(),
        "calibration": held.tolist(),
        "probabilities": p.tolist(),
        "emq": emq.tolist(),
        "emq_stopped_early": early.tolist(),
        "acc": np.asarray(acc).tolist(),
        "pacc": np.asarray(pacc).tolist(),
    }


if __name__ == "__main__":
    answers = {
        "ppi": [prediction_powered(seed, 60, 240) for seed in (1, 2, 3)],
        "quapy": [quantified(seed, 150, 250) for seed in (4, 5)],
    }
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("reference.json")
    place.write_text(json.dumps(answers, separators=(",", ":")) + "\n", encoding="utf-8")
