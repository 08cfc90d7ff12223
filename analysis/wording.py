"""The words that set some posts apart from others: log-odds ratios with an informative Dirichlet prior.

Monroe, Colaresi & Quinn (2008), "Fightin' Words", Political Analysis 16, 372–403, section 3.3.2.
docs/methods/explanations.md has the formulas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

PRIOR_SIZE = 100.0
"""The weight of the prior, in words: about that of ten short posts."""


@dataclass(frozen=True, slots=True)
class WordContrast:
    """One word in two sets of posts. `here` and `there`: how many posts of each have it.

    `log_odds`: the log of the ratio of its smoothed odds, above 0 where it is commoner here. `z`: that over its
    approximate standard error.
    """

    word: str
    here: int
    there: int
    log_odds: float
    z: float


def contrast(
    here: Iterable[Sequence[str]], there: Iterable[Sequence[str]], *, prior_size: float = PRIOR_SIZE
) -> list[WordContrast]:
    """Every word of two sets of posts, by z, the most typical of `here` first; of equal z in the order of the alphabet.

    Each post is the sequence of its words (dictionary forms); a word counts once a post. The prior of a word is its
    share of both sets together times `prior_size` (above 0; ValueError otherwise): a word that stands in a few posts
    only is drawn to 0. Empty where either set has no word. z is approximately standard normal for a word that both
    sets use alike, if posts are independent: copies of one text, and one author's many posts, make it larger. It is
    not corrected for how many words are compared.
    """
    if not prior_size > 0:
        raise ValueError(f"prior_size={prior_size}: a number of words above 0")
    a, b = _document_frequencies(here), _document_frequencies(there)
    words = sorted(a.keys() | b.keys())
    y = np.array([[side[word] for word in words] for side in (a, b)], dtype=np.float64).reshape(2, len(words))
    n = y.sum(axis=1, keepdims=True)
    if not n.all():
        return []
    prior = prior_size * y.sum(axis=0) / n.sum()
    smoothed = y + prior
    # A word that is all there is has no odds; the prior is then the whole, and half a word is left for the rest.
    rest = np.fmax(n + prior_size - smoothed, 0.5)
    log_odds = np.diff(np.log(smoothed / rest)[::-1], axis=0)[0]
    z = log_odds / np.sqrt((1 / smoothed).sum(axis=0))
    told = [
        WordContrast(word, int(y[0, i]), int(y[1, i]), float(log_odds[i]), float(z[i])) for i, word in enumerate(words)
    ]
    return sorted(told, key=lambda one: (-one.z, one.word))


def _document_frequencies(posts: Iterable[Sequence[str]]) -> Counter[str]:
    return Counter(chain.from_iterable(set(words) for words in posts))
