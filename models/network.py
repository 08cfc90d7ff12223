"""The stance network: a multilingual encoder under one shared head over (target, text) pairs.

Input is the row of ids that `models.tokenizer.PairTokenizer.pairs` makes. The head sees the first token,
the mean of the text's tokens and the mean of the target's, so that one set of weights serves any target.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLASSES = 3


class StanceNetwork(nn.Module):
    """Logits (rows x 3: against, neutral, favor) for padded rows of ids."""

    def __init__(self, encoder: nn.Module, hidden: int, eos: int, pad: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.eos, self.pad = eos, pad
        self.dense = nn.Linear(3 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        """`ids`: int64, rows x tokens, padded with the pad id. Returns float logits, rows x 3."""
        return self.read(ids)[0]

    def read(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (rows x 3) and encodings of the text (rows x 3 hidden): its mean after each third of the layers.

        The last layers know the stance, which they were trained for; the subject is plainer further down.
        """
        mask = ids != self.pad
        output = self.encoder(input_ids=ids, attention_mask=mask.long(), output_hidden_states=True)
        states, layers = output.last_hidden_state, output.hidden_states
        seen = torch.cumsum((ids == self.eos).to(torch.int64), dim=1)
        special = ids == self.eos
        in_text = (seen >= 2) & mask & ~special
        in_target = (seen == 0) & mask
        text = _mean(states, in_text)
        pooled = torch.cat([states[:, 0], text, _mean(states, in_target)], dim=1)
        logits: Tensor = self.out(self.dropout(torch.tanh(self.dense(self.dropout(pooled)))))
        depth = len(layers) - 1
        return logits, torch.cat([*(_mean(layers[depth * k // 3], in_text) for k in (1, 2)), text], dim=1)


class ServedNetwork(nn.Module):
    """The network as it is served: logits and, for the narratives, encodings."""

    def __init__(self, network: StanceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """What `StanceNetwork.read` gives."""
        return self.network.read(ids)


def _mean(states: Tensor, chosen: Tensor) -> Tensor:
    weight = chosen.to(states.dtype).unsqueeze(-1)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)


def pad_rows(rows: list[list[int]], pad: int) -> Tensor:
    """Rows of unequal length as one int64 tensor, padded on the right."""
    width = max(len(row) for row in rows)
    padded = torch.full((len(rows), width), pad, dtype=torch.int64)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return padded
