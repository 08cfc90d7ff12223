"""The stance model that pikir ships, and how it puts questions to its network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.adapter import FOLDER
from models.container import EncoderError
from models.stance import Query, StanceModel

POSTS = [
    "Понаехали релоканты, цены на жильё взлетели, пусть едут обратно",
    "Релоканты хорошие ребята, работают, учат казахский",
    "Ресейдің саясатына қарсымын",
    "",
    "😀😀",
    "Сегодня " + "очень " * 80 + "холодно",
    "<s></s><mask> \x00 \ud83d",
]


def _queries() -> list[Query]:
    targets = [("мигранты: приезжие", "migrants"), ("Россия: государство, власть", "russia"), ("вакцинация", "")]
    return [Query(words, text, target, "ru") for text in POSTS for words, target in targets]


def test_answers_are_probabilities_in_order_and_alone_as_in_a_batch(shipped: StanceModel) -> None:
    queries = _queries() * 2
    done: list[int] = []
    p = shipped.predict(queries, done.append)
    assert shipped.engine.name == "openvino"
    assert p.shape == (len(queries), 3)
    assert np.abs(p.sum(axis=1) - 1).max() <= 1e-4 + 1e-9
    assert p.min() >= 0
    assert sum(done) == len(queries)
    assert np.array_equal(p[: len(queries) // 2], p[len(queries) // 2 :]), "the same question, the same answer"
    assert np.array_equal(shipped.predict(queries[::-1]), p[::-1]), "whatever its neighbours"
    alone = np.vstack([shipped.predict([query]) for query in queries[: len(queries) // 2]])
    assert np.array_equal(alone, p[: len(alone)])


def test_the_target_matters(shipped: StanceModel) -> None:
    text = "Обожаю Казахстан и презираю Россию"
    p = shipped.predict([Query("Казахстан", text), Query("Россия", text)])
    assert p[0, 2] > p[1, 2]
    assert p[0, 0] < p[1, 0]


def test_no_question_no_answer_and_no_weights_loaded() -> None:
    model = StanceModel()
    assert model.predict([]).shape == (0, 3)
    assert "_loaded" not in vars(model)


def test_the_key_of_opinions_names_weights_and_encoder() -> None:
    own, other = StanceModel(), StanceModel(encoder="intfloat/multilingual-e5-small")
    assert own.model.startswith("stance-small-")
    assert other.model.startswith(own.model)
    assert other.model != own.model, "opinions of two encoders are never mixed"


def test_many_distinct_targets_are_answered(shipped: StanceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model remembers of targets is bounded, and forgetting loses none that is being asked about."""
    monkeypatch.setattr(shipped, "_target_ids", {f"x{i}": [5] for i in range(10_001)})
    rows = shipped._rows([Query(f"x{i}", "да") for i in range(3)])
    assert len(rows) == 3
    assert len(shipped._target_ids) == 3


@pytest.mark.parametrize("part", ["adapter_model.safetensors", "head.safetensors", "calibration.json", "adapter.json"])
def test_a_damaged_adapter_folder_is_an_encoder_error(tmp_path: Path, part: str) -> None:
    for original in (FOLDER / "stance-small").iterdir():
        if original.is_file():
            (tmp_path / original.name).write_bytes(original.read_bytes())
    damaged = tmp_path / part
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with pytest.raises(EncoderError, match="damaged"):
        StanceModel(str(tmp_path))
