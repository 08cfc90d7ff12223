"""What makes a training step quick on a CPU: the right precision, plain attention, cheap dropout."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from models.network import StanceNetwork

_POOL = 1 << 23
_ROUNDS = 30


class PooledDropout(nn.Module):
    """Dropout whose masks are cut from one pool of random bits at random places.

    Drawing fresh bits took 17% of a step on two cores. Masks of different steps overlap by chance; within a step the
    places are drawn independently. In evaluation it does nothing.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, states: Tensor) -> Tensor:
        """`states` with a share `p` of its values set to 0 and the rest scaled up."""
        size = states.numel()
        if not self.training or size >= _POOL:
            return nn.functional.dropout(states, self.p, self.training)
        at = int(torch.randint(0, _POOL - size, (1,)))
        return states * _masks(self.p)[at : at + size].view(states.shape)


@cache
def _masks(p: float) -> Tensor:
    """The pool of a dropout probability, which all layers share."""
    return torch.empty(_POOL).bernoulli_(1 - p).div_(1 - p)


def quicken(network: StanceNetwork) -> None:
    """Replaces the encoder layers' dropout after attention and feed-forward by pooled dropout, on a CPU.

    Attention is computed plainly, without dropout of its weights: the backward pass of torch's fused kernel took two
    fifths of a step in bfloat16.
    """
    if next(network.parameters()).device.type != "cpu":
        return
    encoder: Any = network.encoder
    encoder.set_attn_implementation("eager")
    for module in network.modules():
        for name, child in module.named_children():
            if name == "dropout" and isinstance(child, nn.Dropout) and hasattr(module, "LayerNorm"):
                module.dropout = PooledDropout(child.p)
            elif name == "self" and hasattr(child, "dropout"):
                child.dropout = nn.Dropout(0.0)


def fastest_precision(device: torch.device) -> torch.dtype:
    """bfloat16 or float32, by a short trial of a layer's largest product; bfloat16 on a GPU.

    Processors with bfloat16 instructions but no matrix unit are up to twice as fast in float32.
    """
    if device.type != "cpu":
        return torch.bfloat16
    taken = {precision: _seconds(precision) for precision in (torch.bfloat16, torch.float32)}
    return min(taken, key=lambda precision: taken[precision])


def _seconds(precision: torch.dtype) -> float:
    left, right = torch.randn(1024, 384).to(precision), torch.randn(1536, 384).to(precision)
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        nn.functional.linear(left, right)
        best = min(best, time.perf_counter() - started)
    return best
