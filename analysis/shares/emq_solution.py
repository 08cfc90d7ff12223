"""The solution of EMQ: shares of maximum likelihood, and what moves them."""

from __future__ import annotations

import numpy as np

from analysis.shares.authors import Authors, Floats, mean_by_author
from analysis.shares.calibration_sample import Likelihood

_ITERATIONS = 500
_TOLERANCE = 1e-10
_FLOOR = 1e-9
_PLANE = np.array([[1.0, 0.0], [-1.0, -1.0], [0.0, 1.0]])


def moved(authors: Authors, told: Floats, shares: Floats, likelihood: Likelihood) -> tuple[Floats, Floats]:
    """One step from `shares` (3,) toward the solution: what each author adds to it, (authors, 3), and its derivative
    by the likelihood's scale and offsets, (3, 4).

    By the implicit function theorem on the simplex. `told`: the likelihoods of the posts. At the solution the authors'
    values sum to zero, weighted, and are their influence on it.
    """
    joint = told * shares
    posterior = joint / joint.sum(axis=1, keepdims=True)
    score = mean_by_author(posterior, authors.author, authors.counts) - shares
    by_shares, by_likelihood = posterior_slopes(posterior, told, authors.post_parts, shares, likelihood)
    slope = (by_shares - np.eye(3)) @ _PLANE
    back = -_PLANE @ np.linalg.pinv(slope[[0, 2]])
    return score[:, [0, 2]] @ back.T, back @ by_likelihood[[0, 2]]


def posterior_slopes(
    posterior: Floats, told: Floats, parts: Floats, shares: Floats, likelihood: Likelihood
) -> tuple[Floats, Floats]:
    """Derivatives of the mean posterior: by the shares, (3, 3), and by the likelihood's scale and offsets, (3, 4).

    `told`: the likelihoods of the posts, `parts` their weights in the mean.
    """
    weighted = posterior * parts[:, None]
    spread = np.diag(weighted.sum(axis=0)) - weighted.T @ posterior
    # `told` is scaled by post, which a posterior does not see: only differences between stances enter.
    logs = (np.log(np.maximum(told, 1e-300)) - likelihood.offset) / (likelihood.scale or 1.0)
    by_scale = (weighted * (logs - (posterior * logs).sum(axis=1, keepdims=True))).sum(axis=0)
    return spread / shares, np.column_stack([by_scale, spread])


def solve(likelihoods: Floats, parts: Floats) -> Floats:
    """The shares (3,) that maximise sum(parts * log(likelihoods @ shares)), each at least 1e-9.

    Newton's method with steps that stay inside the simplex; EM where a step does not help. The optimum is
    unique where the likelihoods of the stances differ.
    """
    shares = np.full(3, 1 / 3)
    free = np.ones(3, dtype=bool)
    for _ in range(_ITERATIONS):
        ratio = likelihoods / (likelihoods @ shares)[:, None]
        gradient = parts @ ratio
        free &= ~((shares <= 2 * _FLOOR) & (gradient < 1))
        updated = _newton(ratio, parts, gradient, shares, free)
        if updated is None or parts @ np.log(likelihoods @ updated) < parts @ np.log(likelihoods @ shares) - 1e-14:
            updated = np.maximum(shares * gradient, _FLOOR)
            updated /= updated.sum()
        moved = float(np.abs(updated - shares).max())
        shares = updated
        if moved < _TOLERANCE:
            break
    return shares


def _newton(ratio: Floats, parts: Floats, gradient: Floats, shares: Floats, free: Floats) -> Floats | None:
    """A Newton step in the plane of the free stances, cut short of leaving the simplex; None where it has no answer."""
    chosen = np.flatnonzero(free)
    if chosen.size < 2:
        return None
    hessian = (ratio[:, chosen] * parts[:, None]).T @ ratio[:, chosen]
    # Equations of the step under the constraint that it sums to zero.
    system = np.block([[hessian, np.ones((chosen.size, 1))], [np.ones((1, chosen.size)), np.zeros((1, 1))]])
    try:
        step = np.linalg.solve(system, np.r_[gradient[chosen], 0.0])[:-1]
    except np.linalg.LinAlgError:
        return None
    down = step < 0
    reach = float((shares[chosen][down] / -step[down]).min(initial=np.inf))
    updated = shares.copy()
    updated[chosen] += step * min(1.0, 0.99 * reach)
    updated = np.maximum(updated, _FLOOR)
    return np.asarray(updated / updated.sum())
