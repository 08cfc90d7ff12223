"""Word embeddings outside of the graph: a table on the disk, of which only the pages in use take memory.

They are most of the model (146 thousand rows of 384), and a compiled graph would hold all of them in 32 bits, 224 MB.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.network import ServedNetwork, StanceNetwork


class GivenWords(nn.Module):
    """The served network with two inputs: ids (rows x tokens) and their word embeddings (rows x tokens x hidden)."""

    def __init__(self, network: StanceNetwork) -> None:
        super().__init__()
        own = copy.deepcopy(network, {id(value): value for value in network.parameters()})
        self._slot = _Slot()
        encoder: Any = own.encoder
        encoder.set_input_embeddings(self._slot)
        self._served = ServedNetwork(own)

    def forward(self, ids: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and encodings, as ServedNetwork gives them."""
        self._slot.words = words
        logits, encodings = self._served(ids)
        return logits, encodings


class _Slot(nn.Module):
    """Stands where the embeddings were, and gives what was looked up outside."""

    words: Tensor

    def forward(self, ids: Tensor) -> Tensor:
        return self.words


def word_table(network: StanceNetwork) -> NDArray[np.float16]:
    """The word embeddings, in 16 bits: vocabulary x hidden."""
    encoder: Any = network.encoder
    table: NDArray[np.float16] = encoder.get_input_embeddings().weight.detach().to(torch.float16).numpy()
    return table
