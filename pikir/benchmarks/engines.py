"""The engines that `pikir benchmark speed` compares: each is a function that reads prepared batches, on one thread."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.compiled import Ids, graph_reader
from models.stance import Query, StanceModel, batches

if TYPE_CHECKING:
    from models.network import StanceNetwork

_PLAIN_BATCH = 32


@dataclass(frozen=True)
class Contender:
    """`run` reads all its `texts` once. `agrees`: the share of them with the stance of torch, None if moot."""

    engine: str
    batching: str
    texts: int
    run: Callable[[], Any]
    agrees: float | None = None


def contenders(
    model: StanceModel, network: StanceNetwork, queries: Sequence[Query], large_model_texts: int
) -> list[Contender]:
    """All engines over the same texts, each warmed up; the large model reads the first `large_model_texts` of them."""
    import torch

    torch.set_num_threads(1)
    rows = model.rows(queries)
    ours = [(batch, model.padded([rows[i] for i in batch])) for batch in batches(rows)]
    plain = [
        (list(range(start, min(start + _PLAIN_BATCH, len(rows)))), model.padded(rows[start : start + _PLAIN_BATCH]))
        for start in range(0, len(rows), _PLAIN_BATCH)
    ]
    buckets = "by length"
    made = [
        ("torch fp32", "as they come, 32", plain, _torch(network, torch.float32)),
        ("torch fp32", buckets, ours, _torch(network, torch.float32)),
        ("torch bf16", buckets, ours, _torch(network, torch.bfloat16)),
        *((f"openvino {name}", buckets, ours, read) for name, read in _unquantised(network, ours[0][1])),
        (f"pikir ({model.engine.name} {model.engine.precision})", buckets, ours, model.engine.run),
    ]
    reference = _stances(made[0][3], plain, len(rows))
    contending = [
        Contender(name, batching, len(rows), _over(read, batches_), _agreement(reference, read, batches_))
        for name, batching, batches_, read in made
    ]
    whole = Contender("pikir, from text to stance", buckets, len(rows), lambda: model.predict(queries))
    return [*contending, whole, _pipeline(model, queries[:large_model_texts])]


def _torch(network: StanceNetwork, precision: Any) -> Callable[[Ids], Any]:
    import copy

    import torch

    served = network if precision is torch.float32 else copy.deepcopy(network).to(precision)

    def read(ids: Ids) -> Any:
        with torch.inference_mode():
            return served(torch.from_numpy(ids)).float().numpy()

    return read


def _unquantised(network: StanceNetwork, example: Ids) -> list[tuple[str, Callable[[Ids], Any]]]:
    from models.lookup import word_table
    from models.quantise import converted

    words = word_table(network)
    graph = converted(network, example, words)
    readers = [
        (name, graph_reader(graph, words, 1, precision)) for name, precision in (("fp32", "f32"), ("bf16", "bf16"))
    ]
    return [(name, lambda ids, read=read: read(ids)[0]) for name, read in readers]  # type: ignore[misc]


def _pipeline(model: StanceModel, queries: Sequence[Query]) -> Contender:
    """transformers' own pipeline over a network of XLM-R-base's size: random weights, this model's vocabulary."""
    from tokenizers.processors import TemplateProcessing
    from transformers import (
        PreTrainedTokenizerFast,
        XLMRobertaConfig,
        XLMRobertaForSequenceClassification,
        pipeline,
    )

    backend = type(model.tokenizer.tokenizer).from_str(model.tokenizer.tokenizer.to_str())
    bos, eos, pad = (
        str(backend.id_to_token(i)) for i in (model.tokenizer.bos, model.tokenizer.eos, model.tokenizer.pad)
    )
    backend.post_processor = TemplateProcessing(
        single=[bos, "$A", eos],
        pair=[bos, "$A", eos, eos, "$B", eos],
        special_tokens=[(bos, model.tokenizer.bos), (eos, model.tokenizer.eos)],
    )
    config = XLMRobertaConfig(  # type: ignore[call-arg]
        vocab_size=backend.get_vocab_size(),
        max_position_embeddings=514,
        type_vocab_size=1,
        num_labels=3,
        pad_token_id=model.tokenizer.pad,
        bos_token_id=model.tokenizer.bos,
        eos_token_id=model.tokenizer.eos,
    )
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, bos_token=bos, eos_token=eos, pad_token=pad, model_max_length=96
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of transformers, about its own defaults
        network = XLMRobertaForSequenceClassification(config).eval()  # type: ignore[no-untyped-call]
        classify = pipeline("text-classification", model=network, tokenizer=tokenizer, device="cpu")
    pairs = [{"text": query.target, "text_pair": query.text} for query in queries]
    return Contender(
        "transformers pipeline, XLM-R-base size", "its own", len(pairs), lambda: classify(pairs, truncation=True)
    )


Batches = list[tuple[list[int], Ids]]


def _over(read: Callable[[Ids], Any], over: Batches) -> Callable[[], None]:
    def run() -> None:
        for _, ids in over:
            read(ids)

    return run


def _stances(read: Callable[[Ids], Any], over: Batches, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    chosen = np.zeros(count, dtype=np.int64)
    for places, ids in over:
        chosen[places] = np.asarray(read(ids)).argmax(axis=1)
    return chosen


def _agreement(reference: np.ndarray[Any, Any], read: Callable[[Ids], Any], over: Batches) -> float:
    """The share of texts with the stance of the reference. The run also warms the engine up."""
    return float((_stances(read, over, len(reference)) == reference).mean())
