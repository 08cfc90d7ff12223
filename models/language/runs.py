"""Whether a post has a phrase in each of two languages: the loudest run of words of either.

A word speaks for the one language or the other by its margin. The loudest run is the stretch of words whose margins
sum highest (Kadane's algorithm, in Bentley 1984): a borrowed word or a name alone does not make it loud enough, two
words in a row do, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LOUDEST_WORD = 6.0
# More than a word and a half: chosen on the half of our corpus that the model was trained on.
PHRASE = 10.5


def has_both(margins: npt.NDArray[np.float32], posts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """For each post whether a run of words in each of the two languages is louder than `PHRASE`.

    `margins` (words,): how strongly each word speaks for the first language (above 0) or the second (below), of
    which at most `LOUDEST_WORD` counts. `posts` (posts, 2): the words [first, last) of each.
    """
    capped = np.clip(margins, -LOUDEST_WORD, LOUDEST_WORD).astype(np.float64)
    # No run is louder than all the words of its language together: most posts are done with that.
    totals = (np.concatenate([[0.0], np.cumsum(np.maximum(sign * capped, 0))]) for sign in (1, -1))
    possible = np.minimum(*(total[posts[:, 1]] - total[posts[:, 0]] for total in totals)) > PHRASE
    found = np.zeros(len(posts), dtype=bool)
    for index in np.flatnonzero(possible):
        found[index] = _loud_runs(capped[slice(*posts[index])].tolist())
    return found


def _loud_runs(margins: Sequence[float]) -> bool:
    first = second = loudest_first = loudest_second = 0.0
    for margin in margins:
        first, second = max(0.0, first + margin), max(0.0, second - margin)
        loudest_first, loudest_second = max(loudest_first, first), max(loudest_second, second)
    return loudest_first > PHRASE and loudest_second > PHRASE
