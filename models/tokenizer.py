"""The encoder's tokenizer, made from its own vocabulary and trimmed to the scripts that pikir reads.

Only pieces of Cyrillic, Latin and common script are kept (146 thousand of 250 thousand): texts in them
get the same pieces as from the full vocabulary. The surfaces of the special tokens are taken out of
the vocabulary, so that a post that contains "<s>" or "<mask>" is read as those characters and no more.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from models.container import Vocabulary

_KEPT = regex.compile(r"^[\p{Script=Cyrillic}\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Emoji}]+$")
_SPACES = regex.compile(r"\s+")
_SPECIALS = 4
# NUL opens the surfaces that stand for the special tokens in the vocabulary; a lone surrogate is no character.
_UNREADABLE = regex.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class PairTokenizer:
    """Turns (target, text) into ids: <s> target </s></s> text </s>, the text cut to fit `max_tokens`."""

    tokenizer: Tokenizer
    normaliser: dict[int, str]
    bos: int
    eos: int
    pad: int
    never: frozenset[int] = frozenset()
    """Ids that no text may have: what a tokenizer of other makers reads in "<s>" or "[MASK]" is left out."""

    def normalise(self, text: str) -> str:
        """The characters as the encoder was trained on them: NFKC, the container's own map, single spaces."""
        readable = _UNREADABLE.sub("", text)
        return _SPACES.sub(" ", unicodedata.normalize("NFKC", readable).translate(self.normaliser)).strip()

    def ids(self, texts: list[str]) -> list[list[int]]:
        """The ids of each text, without special tokens."""
        encodings = self.tokenizer.encode_batch_fast([self.normalise(t) for t in texts], add_special_tokens=False)
        if not self.never:
            return [encoding.ids for encoding in encodings]
        return [[index for index in encoding.ids if index not in self.never] for encoding in encodings]

    def pairs(self, targets: list[list[int]], texts: list[list[int]], max_tokens: int) -> list[list[int]]:
        """One row of ids for each pair; no row is longer than `max_tokens`."""
        rows = []
        for target, text in zip(targets, texts, strict=True):
            room = max_tokens - len(target) - 4
            if room < 1:
                raise ValueError(f"the target's description takes {len(target)} of {max_tokens} tokens; shorten it")
            rows.append([self.bos, *target, self.eos, self.eos, *text[:room], self.eos])
        return rows


def kept_ids(vocabulary: Vocabulary) -> NDArray[np.int64]:
    """The ids of the full vocabulary that stay, ascending; the four special tokens always do."""
    kept = [
        index
        for index, piece in enumerate(vocabulary.pieces)
        if index < _SPECIALS or (piece != "<mask>" and _KEPT.match(piece))
    ]
    return np.array(kept, dtype=np.int64)


def build(vocabulary: Vocabulary, kept: NDArray[np.int64]) -> PairTokenizer:
    """The tokenizer over the kept pieces; id n of it is piece `kept[n]` of the full vocabulary."""
    specials = {vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk}
    if not specials <= set(range(_SPECIALS)):
        raise ValueError(f"special tokens are expected at ids 0 to 3, found {sorted(specials)}")
    pieces = [
        (f"\x00{index}" if index in specials else vocabulary.pieces[index], float(vocabulary.scores[index]))
        for index in kept.tolist()
    ]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=vocabulary.unk, byte_fallback=False))
    tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return PairTokenizer(tokenizer, vocabulary.normaliser, vocabulary.bos, vocabulary.eos, vocabulary.pad)
