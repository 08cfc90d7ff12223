"""Trains the language model: `python -m models.language.training DATA` writes `weights.safetensors`.

DATA is a folder with Universal Dependencies treebanks (`language/*.conllu.gz`) and stance sets (`stance/`).
Every third sentence of each treebank is kept for evaluation.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from models.language.features import BUCKETS, grams
from models.language.identifier import LANGUAGES, WEIGHTS, Scores
from models.scripts import romanise, to_russian_keyboard, uzbek_to_cyrillic

SEEDS = Path(__file__).with_name("seeds.tsv")
TREEBANKS = {"ru": "ru_taiga-ud-dev", "uk": "uk_iu-ud-dev", "ky": "ky_ktmu-ud-train", "kk": "kk_ktb-ud-test"}
_STANCE = {
    "ru": ("ruethnohate", "targeted_sa_ru", "ruarg2022", "rusentne2023"),
    "en": ("mtsd", "ruw", "semeval2016t6"),
    "kk": ("kazsandra",),
}
_TERMS = (
    "Universal Dependencies kk, ru, uk, ky (CC BY-SA 4.0); KazSAnDRA, telegram-news-classifier (CC BY 4.0); "
    "MTSD, RuSentNE-2023 (MIT); other stance sets (research use); OpenCorpora and LanguageTool words; own sentences"
)
_SAMPLES = {"ru": 45_000, "kk": 40_000, "uk": 30_000, "ky": 15_000, "en": 15_000, "uz": 8_000}


def treebank_sentences(path: Path) -> list[str]:
    """The sentences of a CoNLL-U file, in order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line[9:].strip() for line in lines if line.startswith("# text = ")]


def treebank(data: Path, language: str, *, held_out: bool) -> list[str]:
    """A language's treebank: every third sentence to test on, the others, where they are not the same, to train on."""
    sentences = treebank_sentences(data / "language" / f"{TREEBANKS[language]}.conllu.gz")
    tested = sentences[::3]
    return tested if held_out else [text for text in dict.fromkeys(sentences) if text not in set(tested)]


def stance_texts(data: Path, name: str, split: str) -> list[str]:
    """The texts of one stance set."""
    with gzip.open(data / "stance" / name / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def dictionary_words(language: str, count: int, rng: random.Random) -> list[str]:
    """`count` word forms of pymorphy3's dictionary (OpenCorpora, LanguageTool), drawn at random."""
    import pymorphy3

    words = (entry[0] for entry in pymorphy3.MorphAnalyzer(lang=language).dictionary.iter_known_words())
    chosen: list[str] = []
    for rank, word in enumerate(words):
        if len(chosen) < count:
            chosen.append(word)
        elif (slot := rng.randrange(rank + 1)) < count:
            chosen[slot] = word
    return chosen


def _corpora(data: Path, rng: random.Random) -> dict[str, list[str]]:
    corpora: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for language in TREEBANKS:
        corpora[language] += treebank(data, language, held_out=False) * (1 if language in ("ru", "kk") else 4)
    with gzip.open(data / "telegram" / "news_ru.jsonl.gz", "rt", encoding="utf-8") as lines:
        corpora["ru"] += [json.loads(line)["text"] for line in lines]
    for language, names in _STANCE.items():
        for name in names:
            corpora[language] += stance_texts(data, name, "train")
    for line in SEEDS.read_text(encoding="utf-8").splitlines():
        language, text = line.split("\t")
        corpora[language] += [text] * (20 if language in ("uz", "ky", "uk") else 40)
    for language in ("ru", "uk"):
        words = dictionary_words(language, 60_000, rng)
        corpora[language] += [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]
    return corpora


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
    for language, texts in _corpora(data, rng).items():
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
