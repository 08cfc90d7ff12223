"""Trains the language model: `python -m models.language.training DATA` writes `weights.safetensors`.

`models.language.sources` says what DATA holds and what is kept for evaluation.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from models.language.features import BUCKETS, grams
from models.language.identifier import LANGUAGES, WEIGHTS, Scores
from models.language.sources import training_texts
from models.scripts import romanise, to_russian_keyboard, uzbek_to_cyrillic

_TERMS = (
    "Universal Dependencies kk, ru, uk, ky (CC BY-SA 4.0); KazSAnDRA, telegram-news-classifier (CC BY 4.0); "
    "MTSD, RuSentNE-2023 (MIT); other stance sets (research use); OpenCorpora and LanguageTool words; own sentences"
)
_SAMPLES = {"ru": 45_000, "kk": 40_000, "uk": 30_000, "ky": 15_000, "en": 15_000, "uz": 8_000}


def _respell(language: str, text: str, rng: random.Random) -> str:
    """`text` as people type it: Kazakh on a Russian keyboard or in Latin, Uzbek in Cyrillic, Russian in Latin."""
    chance = rng.random()
    if language == "kk" and chance < 0.25:
        return to_russian_keyboard(text)
    if language == "kk" and chance < 0.40:
        return romanise(text, rng)
    if language == "uz" and chance < 0.35:
        return uzbek_to_cyrillic(text)
    if language == "ru" and chance < 0.03:
        return romanise(text, rng)
    return text


def _snippet(text: str, rng: random.Random) -> str:
    words = text.split()
    length = rng.choice((1, 2, 3, 4, 6, 8, 12, 20, 30))
    start = rng.randrange(max(len(words) - length, 0) + 1)
    return " ".join(words[start : start + length])


def examples(data: Path, rng: random.Random) -> Iterator[tuple[str, int]]:
    """Training snippets of one to thirty words with the index of their language."""
    for language, texts in training_texts(data, rng).items():
        for _ in range(_SAMPLES[language]):
            text = _respell(language, rng.choice(texts), rng)
            yield _snippet(text, rng), LANGUAGES.index(language)


def fit(rows: list[tuple[str, int]], *, epochs: int = 6, seed: int = 0, log: Callable[[str], object] = print) -> Scores:
    """Weights (buckets, languages): logits of a word are the mean over its n-grams. Multinomial logistic, Adam."""
    torch.manual_seed(seed)
    found = [part[part > 0] for part in _parts([text for text, _ in rows])]
    labels = torch.tensor([label for _, label in rows])
    bag = torch.nn.EmbeddingBag(BUCKETS, len(LANGUAGES), mode="mean", sparse=True)
    torch.nn.init.zeros_(bag.weight)
    optimiser = torch.optim.SparseAdam(bag.parameters(), lr=0.15)
    usable = np.array([index for index, part in enumerate(found) if len(part)])
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = 0.15 * (1 - epoch / epochs)
        total = 0.0
        order = rng.permutation(usable)
        for start in range(0, len(order), 512):
            chosen = order[start : start + 512]
            # Half of the n-grams of a snippet each time: no single one may carry the decision.
            kept = [
                part[rng.random(len(part)) < 0.5] if len(part) > 3 else part for part in map(found.__getitem__, chosen)
            ]
            flat = torch.from_numpy(np.concatenate(kept).astype(np.int64))
            sizes = torch.tensor([0, *np.cumsum([len(part) for part in kept])[:-1]])
            loss = torch.nn.functional.cross_entropy(bag(flat, sizes), labels[torch.from_numpy(chosen)])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()  # type: ignore[no-untyped-call]
            total += loss.item() * len(chosen)
        log(f"epoch {epoch + 1} of {epochs}: cross-entropy {total / len(order):.4f}")
    return bag.weight.detach().numpy()


def _parts(texts: list[str]) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.uint32]]]:
    for start in range(0, len(texts), 1000):
        chunk = grams(texts[start : start + 1000])
        for first, last in chunk.words_of:
            yield chunk.buckets[chunk.word_starts[first] : chunk.word_starts[last]]


def main(data: Path) -> None:
    """Trains on `data` and replaces the shipped weights."""
    rng = random.Random(0)
    weights = fit(list(examples(data, rng)))
    weights[0] = 0
    save_file({"weights": weights.astype(np.float16)}, WEIGHTS, metadata={"trained_on": _TERMS})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
