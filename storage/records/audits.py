"""What people say of drawn posts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from storage.records.posts import Stance


@dataclass(frozen=True, slots=True)
class Audit:
    """One human label of a post drawn with a known probability (or purposively: probability None)."""

    source: str
    native_id: str
    target: str
    coder: str
    label: Stance | None
    inclusion_probability: float | None
    drawn_at: dt.datetime
    labelled_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """One probability sample of authors, each with one random post of a window [starts, ends).

    `authors` and `posts`: how many the sampled population holds. `strata`: by the model's answer, how many authors
    there are and how many were drawn, {"against": (120, 60), …}. `period` is the window's name.
    """

    target: str
    period: str
    starts: dt.datetime
    ends: dt.datetime
    model: str
    seed: int
    authors: int
    posts: int
    strata: dict[str, tuple[int, int]]
    drawn_at: dt.datetime
    id: int | None = None


@dataclass(frozen=True, slots=True)
class DrawnPost:
    """The post that stands for one drawn author. `place`: its random place in the queue, from 0.

    `inclusion_probability` is the author's; he had `author_posts` about the target in the window, of which this one was
    taken at random. `stratum`: the model's answer to it, which no coder sees.
    """

    draw: int
    source: str
    native_id: str
    place: int
    stratum: Stance
    inclusion_probability: float
    author_posts: int


@dataclass(frozen=True, slots=True)
class Adjudication:
    """The label that was settled where coders disagree; None where the post cannot be decided at all."""

    source: str
    native_id: str
    target: str
    label: Stance | None
    decided_by: str
    decided_at: dt.datetime
    reason: str = ""
