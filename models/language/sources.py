"""The texts that the language model is trained and checked on.

DATA is a folder with Universal Dependencies treebanks (`language/*.conllu.gz`), stance sets (`stance/`) and Telegram
news (`telegram/`). Every third sentence of each treebank is kept for evaluation, and so is all of our own corpus.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

from models.language.identifier import LANGUAGES
from models.text import near_digest

SEEDS = Path(__file__).with_name("seeds.tsv")
CORPUS = Path(__file__).parent.parent / "corpus"
TREEBANKS = {"ru": "ru_taiga-ud-dev", "uk": "uk_iu-ud-dev", "ky": "ky_ktmu-ud-train", "kk": "kk_ktb-ud-test"}
_STANCE = {
    "ru": ("ruethnohate", "targeted_sa_ru", "ruarg2022", "rusentne2023"),
    "en": ("mtsd", "ruw", "semeval2016t6"),
    "kk": ("kazsandra",),
}


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


def corpus_texts(language: str, folder: Path = CORPUS) -> list[str]:
    """Our own posts labelled `language` ("mix" for mixed ones), which the model is checked on and never trained on."""
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        texts += [row["text"] for row in rows if row["lang"] == language]
    return texts


def held_out(text: str) -> bool:
    """Whether a post of ours belongs to the half on which no threshold was chosen: by a digest of its words."""
    return near_digest(text)[0] in "89abcdef"


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


def training_texts(data: Path, rng: random.Random) -> dict[str, list[str]]:
    """By language the texts to train on; some stand many times. None of them is checked on."""
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
