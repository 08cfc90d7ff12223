"""Figures of language identification: `python -m models.language.evaluation DATA`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from models.language.identifier import MIXED, identify
from models.language.sources import TREEBANKS, stance_texts, treebank


def test_sets(data: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, true language and texts of each set. The treebank sentences were not trained on."""
    for language in TREEBANKS:
        yield f"treebank {language}", language, treebank(data, language, held_out=True)
    yield "KazSAnDRA", "kk", stance_texts(data, "kazsandra", "dev")
    yield "social media", "ru", stance_texts(data, "ruethnohate", "dev")
    yield "tweets", "en", stance_texts(data, "ruw", "dev")
    rows = map(json.loads, (data / "stance" / "pikir_dev" / "dev.jsonl").read_text(encoding="utf-8").splitlines())
    yield "pikir_dev", MIXED, list(dict.fromkeys(row["text"] for row in rows if row["lang"] == "mix"))


@dataclass(frozen=True, slots=True)
class Figures:
    """How well the language of one set is found. Texts without a word (emoji, digits) have none, and count as wrong."""

    set: str
    language: str
    texts: int
    wordless: int
    right: float
    right_of_worded: float
    texts_per_cpu_second: int


def evaluate(data: Path) -> list[Figures]:
    """For each set: texts, texts without a word, share right of all and of those with a word, texts a CPU-second."""
    identify(["warm"])
    figures = []
    for name, language, texts in test_sets(data):
        started = time.process_time()
        found = identify(texts)
        seconds = time.process_time() - started
        right, wordless = found.count(language), found.count("")
        figures.append(
            Figures(
                set=name,
                language=language,
                texts=len(texts),
                wordless=wordless,
                right=round(right / len(texts), 4),
                right_of_worded=round(right / max(len(texts) - wordless, 1), 4),
                texts_per_cpu_second=round(len(texts) / seconds),
            )
        )
    return figures


if __name__ == "__main__":
    for row in evaluate(Path(sys.argv[1])):
        Console().print_json(json.dumps(asdict(row), ensure_ascii=False))
