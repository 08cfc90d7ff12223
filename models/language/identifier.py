"""Language identification: hashed character n-grams under a multinomial logistic model, scored word by word.

After the linear n-gram models of Joulin et al. (2017); the words' own scores also show where a post changes language.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from models.language.features import BUCKETS, Grams, grams
from models.language.runs import has_both

LANGUAGES = ("ru", "kk", "uk", "en", "ky", "uz")
MIXED = "mixed"
WEIGHTS = Path(__file__).with_name("weights.safetensors")
_CHUNK = 200
# Added once to the score of Russian: what a word or two leave open is Russian more often than any other.
_RUSSIAN_FIRST = 30.0

Scores = npt.NDArray[np.float32]


@cache
def _weights() -> Scores:
    weights: Scores = load_file(WEIGHTS)["weights"].astype(np.float32)
    if weights.shape != (BUCKETS, len(LANGUAGES)):
        raise ValueError(
            f"{WEIGHTS}: weights of shape {weights.shape}, expected {(BUCKETS, len(LANGUAGES))}; retrain them"
        )
    return weights


def identify(texts: Sequence[str]) -> list[str]:
    """For each text one of ru, kk, uk, en, ky, uz, "mixed", or "" where no word is in a script of these languages.

    Kazakh and Uzbek are known in Cyrillic and Latin, Kazakh also as typed on a Russian keyboard. "mixed" is a
    post with a phrase in Russian and one in Kazakh; a borrowed word or one name does not make one. Text in any
    other language gets the nearest of these. Short interjections and names alone are unreliable. Of long texts
    the first 600 characters count.
    """
    found: list[str] = []
    for start in range(0, len(texts), _CHUNK):
        found += _identify(grams(texts[start : start + _CHUNK]))
    return found


def _identify(posts: Grams) -> list[str]:
    words, sizes = word_scores(posts)
    ends = posts.words_of
    totals = _sums(words, ends)
    totals[:, LANGUAGES.index("ru")] += _RUSSIAN_FIRST
    best = totals.argmax(axis=1)
    languages = np.array([*LANGUAGES, MIXED, ""])[best]
    languages[has_both(_margins(words, sizes), ends) & (best <= LANGUAGES.index("kk"))] = MIXED
    languages[_sums(sizes[:, None], ends)[:, 0] == 0] = ""
    return [str(language) for language in languages]


def word_scores(posts: Grams) -> tuple[Scores, Scores]:
    """The logits of all words, summed over their n-grams (words, languages), and their numbers of n-grams (words,)."""
    totals = np.zeros((len(posts.buckets), len(LANGUAGES)), dtype=np.float32)
    for column in range(posts.buckets.shape[1]):
        totals += _weights()[posts.buckets[:, column]]
    counts = np.count_nonzero(posts.buckets, axis=1).astype(np.float32)
    return np.add.reduceat(totals, posts.word_starts, axis=0), np.add.reduceat(counts, posts.word_starts)


def _margins(words: Scores, sizes: Scores) -> Scores:
    """How strongly each word speaks for Slavic (above 0) against Turkic, in nats of a word of eight n-grams."""
    slavic = np.maximum(words[:, LANGUAGES.index("ru")], words[:, LANGUAGES.index("uk")])
    turkic = np.maximum(words[:, LANGUAGES.index("kk")], words[:, LANGUAGES.index("ky")])
    # A mean over n-grams is as loud in a short word as in a long one; a long word is better evidence.
    loudness = np.minimum(sizes, 20) / np.maximum(sizes, 1) / 8
    margins: Scores = ((slavic - turkic) * loudness).astype(np.float32)
    return margins


def _sums(values: Scores, ends: npt.NDArray[np.int64]) -> Scores:
    """Sums of rows [first, last) for each pair in `ends`."""
    running = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    sums: Scores = (running[ends[:, 1]] - running[ends[:, 0]]).astype(np.float32)
    return sums
