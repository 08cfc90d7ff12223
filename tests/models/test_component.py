"""pikir as a spaCy component: it says what the annotator says, in batches or alone, and survives being saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import spacy
from numpy.typing import NDArray
from spacy.language import Language

import models
from configs.loading import load
from models.annotator import Annotator
from models.component import NAME
from models.mentions import find_targets
from models.stance import Query, StanceModel
from models.text import clean, digest

TEXTS = [
    "Понаехали релоканты, пусть едут обратно",
    "Релоканты бегут от войны, а Россия бомбит Украину. Бедные релоканты!",
    "Ресейден көшіп келгендер көп, қиын оларға",
    "Россия\n\n  всегда\tпоможет ",
    "Какая погода завтра?",
    "",
    "   ",
    "😀👍🏿",
    "<s></s><mask> релоканты <pad> хорошие",
    "Рос\u200bсия наш друг \ud83d, pоссия",
    "слово " * 3000 + "Россия, руки прочь",
]


class StubModel(StanceModel):
    """A stance model without weights; its answer is a function of the question. Counts the questions of each call."""

    asked: list[int] = []  # noqa: RUF012  shared by all, as the component makes its own
    narratives = None

    def read(
        self, queries: Sequence[Query], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        self.asked.append(len(queries))
        sums = np.array([sum(f"{q.target_id}|{q.text}|{q.language}".encode()) % 7 for q in queries], dtype=np.float64)
        p = np.column_stack([sums / 10, 0.9 - sums / 10, np.full(len(queries), 0.1)]).reshape(-1, 3)
        return p, np.zeros((len(queries), 4), dtype=np.float32)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr("models.component.StanceModel", StubModel)
    monkeypatch.setattr(StubModel, "asked", [])
    return StubModel.asked


@pytest.fixture
def nlp(stub: list[int]) -> Language:
    return models.load()


def test_it_says_what_the_annotator_says(nlp: Language) -> None:
    settings = load()
    annotator = Annotator(settings.targets, StubModel(), settings.monitor.languages)
    readings = annotator.read({digest(text): clean(text) for text in TEXTS})
    by_digest = {reading.text_digest: reading for reading in readings}
    for doc, text in zip(nlp.pipe(TEXTS, batch_size=3), TEXTS, strict=True):
        reading = annotator.placed(by_digest[digest(text)], text)
        assert doc._.language == reading.language
        first = {span.label_: span for span in reversed(doc.spans["targets"])}
        assert first.keys() == {result.target for result in reading.results}
        for result in reading.results:
            span = first[result.target]
            assert span.start_char <= result.start < result.end <= span.end_char
            assert span._.stance == result.stance
            told = (result.p_against, result.p_neutral, result.p_favor)
            assert tuple(span._.stance_probabilities.values()) == told
            assert list(span._.stance_probabilities) == ["against", "neutral", "favor"]
            assert span._.narratives == ()


def test_every_mention_is_there(nlp: Language) -> None:
    text = TEXTS[1]
    (found,) = find_targets([{"id": 1, "text": text}], load().targets)
    wanted = [(m["target"], m["start"], m["end"]) for m in found["mentions"]]  # type: ignore[attr-defined]
    doc = nlp(text)
    assert [(s.label_, s.start_char, s.end_char) for s in doc.spans["targets"]] == wanted
    migrants = [span._.stance for span in doc.spans["targets"] if span.label_ == "migrants"]
    assert len(migrants) == 3
    assert len(set(migrants)) == 1, "a post has one stance on a target"


def test_documents_of_a_batch_are_read_together_and_copies_once(nlp: Language, stub: list[int]) -> None:
    docs = list(nlp.pipe([TEXTS[0]] * 5 + [TEXTS[3]] * 5, batch_size=10))
    assert stub == [2]
    assert {span._.stance for doc in docs[:5] for span in doc.spans["targets"]} == {
        docs[0].spans["targets"][0]._.stance
    }
    alone = [nlp(doc.text) for doc in docs]
    for one, other in zip(alone, docs, strict=True):
        assert [(s.label_, s._.stance_probabilities) for s in one.spans["targets"]] == [
            (s.label_, s._.stance_probabilities) for s in other.spans["targets"]
        ]


@pytest.mark.parametrize("text", [text for text in TEXTS if "\ud83d" not in text])
def test_no_character_of_a_text_is_lost(nlp: Language, text: str) -> None:
    assert nlp(text).text == text


@pytest.mark.parametrize("piece", ["ы", ")", "Россия-", "a.b@", "\n", "слово "])
def test_two_megabytes_are_read_in_seconds(nlp: Language, piece: str) -> None:
    started = time.process_time()
    doc = nlp(piece * (2_000_000 // len(piece)))
    assert isinstance(doc._.language, str)
    assert time.process_time() - started < 60


def _answers(nlp: Language) -> list[list[tuple[str, int, int, str]]]:
    return [[(s.label_, s.start_char, s.end_char, s._.stance) for s in doc.spans["targets"]] for doc in nlp.pipe(TEXTS)]


def test_it_survives_being_saved(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    assert _answers(again) == _answers(nlp)
    assert again(TEXTS[-1]).text == TEXTS[-1]
    assert _answers(models.load().from_bytes(nlp.to_bytes())) == _answers(nlp)


def test_other_weights_than_it_was_saved_with_are_told(
    nlp: Language, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nlp.to_disk(tmp_path / "saved")
    form = tmp_path / "saved" / NAME / "pikir_stance.json"
    form.write_text(form.read_text(encoding="utf-8").replace("stance-small-", "stance-other-"), encoding="utf-8")
    spacy.load(tmp_path / "saved")
    assert "stance-other-" in caplog.text


def test_it_keeps_the_targets_that_it_was_saved_with(stub: list[int], checkout: Path, tmp_path: Path) -> None:
    russia = checkout / "configs" / "targets" / "russia.yaml"
    whole = russia.read_text(encoding="utf-8")
    russia.unlink()
    for name, empty in (("polls", "# none\n"), ("events", "# none\n"), ("alerts", "rules: []\n")):
        (checkout / "configs" / f"{name}.yaml").write_text(empty, encoding="utf-8")
    models.load(checkout / "configs").to_disk(tmp_path / "saved")
    russia.write_text(whole, encoding="utf-8")
    again = _answers(spacy.load(tmp_path / "saved"))
    assert {label for found in again for label, *_ in found} == {"migrants"}


def test_it_joins_a_pipeline_of_ones_own(stub: list[int]) -> None:
    nlp = spacy.blank("ru")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe(NAME)
    doc = nlp("Релоканты приехали. Из России.")
    assert {span.label_ for span in doc.spans["targets"]} == {"migrants", "russia"}
    assert len(list(doc.sents)) == 2


def test_an_entry_point_names_it() -> None:
    import tomllib

    form = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert form["project"]["entry-points"]["spacy_factories"] == {NAME: "models.component:create"}


def test_the_shipped_model_reads_through_it(shipped: StanceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.component.StanceModel", lambda adapter, encoder: shipped)
    nlp = models.load()
    settings = load()
    annotator = Annotator(settings.targets, shipped, settings.monitor.languages)
    texts = TEXTS[:4]
    readings = annotator.read({digest(text): clean(text) for text in texts})
    for doc, reading in zip(nlp.pipe(texts), readings, strict=True):
        told = {span.label_: span._.stance_probabilities for span in doc.spans["targets"]}
        assert told == {
            r.target: {"against": r.p_against, "neutral": r.p_neutral, "favor": r.p_favor} for r in reading.results
        }
    doc = nlp(texts[0])
    assert doc.spans["targets"][0]._.stance == "against"
