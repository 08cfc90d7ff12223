"""Fine-tunes the stance network after a recipe, with checkpoints from which a stopped run goes on.

The upper layers and the head are trained in full, in the precision that is fastest here (`models.training.pace`); what
the layers learned is reduced to low-rank adapters afterwards (`models.adapter.reduce_changes`). The order of the
examples depends on the recipe and its seed alone, so a resumed run sees what an undisturbed one sees.

With `agreement` every batch is read twice, and what dropout makes the two readings differ by is part of the loss
(Wu et al. 2021, "R-Drop").

A set whose `prior` differs from its rows' own shares is trained with shifted logits (Menon et al. 2021,
"Long-tail learning via logit adjustment"): what the network itself says then holds under the prior.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from configs.recipes import RecipeSettings, SetSettings
from configs.settings import TargetSettings
from models.adapter import load_adapter, merged_network
from models.encoder import Encoder, load_encoder
from models.network import StanceNetwork, pad_rows
from models.training.data import DataError, Example, Split
from models.training.pace import fastest_precision, quicken
from models.training.passes import draw_pass
from storage.records import STANCES

_BUCKET = 40


@dataclass(frozen=True)
class Progress:
    """What a running training tells: the step, how many there will be, and the mean loss since the last report."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class Batch:
    """Padded ids (rows x tokens), labels (rows) and what is added to the logits of each row (rows x 3)."""

    ids: Tensor
    labels: Tensor
    shift: Tensor


def build_network(recipe: RecipeSettings, started: bool = False) -> tuple[Encoder, StanceNetwork]:
    """The recipe's encoder under a fresh head; the frozen part takes no gradient.

    `started`: with what the adapter that the recipe goes on from has learned.
    """
    torch.manual_seed(recipe.seed)
    encoder = load_encoder(recipe.encoder)
    tokenizer = encoder.tokenizer
    network = StanceNetwork(encoder.network, encoder.hidden, tokenizer.eos, tokenizer.pad, recipe.dropout)
    if recipe.start and started:
        network.load_state_dict(merged_network(encoder, load_adapter(recipe.start)).state_dict())
    network.encoder.requires_grad_(False)
    for layer in network.encoder.encoder.layer[recipe.frozen_layers :]:  # type: ignore[union-attr,index]
        layer.requires_grad_(True)
    return encoder, network


def train(
    recipe: RecipeSettings,
    split: Split,
    targets: dict[str, TargetSettings],
    checkpoint: Path,
    report: Callable[[Progress], None],
    last_pass: int | None = None,
) -> StanceNetwork:
    """The trained network, on the CPU. `checkpoint` is a folder: a run that finds one there goes on from it.

    DataError where that one was made by another recipe. `last_pass` ends the run after so many passes (for staged
    runs); the learning rate follows the whole recipe.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder, network = build_network(recipe, started=True)
    network.to(device).train()
    quicken(network)
    precision = fastest_precision(device)
    shifts = {form.name: _shift(split.label_shares(form.name), form) for form in recipe.sets}
    optimizer = _optimizer(network, recipe)
    steps = sum(_steps(recipe, number) for number in range(recipe.passes))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warm_then_falling(int(recipe.warmup * steps), steps))
    step = _restore(checkpoint, network, optimizer, schedule, recipe)
    losses: list[float] = []
    at = 0
    for number in range(last_pass or recipe.passes):
        if at + _steps(recipe, number) <= step:
            at += _steps(recipe, number)
            continue
        for batch in _batches(draw_pass(split, recipe, number, targets), encoder, recipe, number, shifts):
            at += 1
            if at <= step:
                continue
            losses.append(_one_step(network, optimizer, schedule, batch, recipe, precision))
            if at % 25 == 0:
                report(Progress(at, steps, sum(losses) / len(losses)))
                losses.clear()
            if at % recipe.checkpoint_steps == 0:
                _save(checkpoint, network, optimizer, at, recipe)
    if at > step:
        _save(checkpoint, network, optimizer, at, recipe)
    return network.cpu().eval()


def _steps(recipe: RecipeSettings, number: int) -> int:
    rows = sum(form.rows for form in recipe.sets) + sum(recipe.own_rows(number).values())
    return -(-rows // recipe.batch)


def _optimizer(network: StanceNetwork, recipe: RecipeSettings) -> torch.optim.Optimizer:
    """AdamW whose learning rate falls by `layer_decay` from each layer to the one below it."""
    layers = list(network.encoder.encoder.layer)  # type: ignore[union-attr,arg-type]
    groups: list[dict[str, object]] = [
        {"params": [*network.dense.parameters(), *network.out.parameters()], "lr": recipe.head_learning_rate}
    ]
    for index, layer in enumerate(layers[recipe.frozen_layers :], start=recipe.frozen_layers):
        rate = recipe.learning_rate * recipe.layer_decay ** (len(layers) - 1 - index)
        groups.append({"params": list(layer.parameters()), "lr": rate})
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, betas=(0.9, 0.98), fused=True)


def _warm_then_falling(warm: int, steps: int) -> Callable[[int], float]:
    return lambda step: (step + 1) / (warm + 1) if step < warm else max(0.02, (steps - step) / (steps - warm))


def _shift(shares: list[float], form: SetSettings) -> Tensor:
    """What is added to the logits of a set's rows while training: log(share in the rows / share expected in use)."""
    if not form.prior:
        return torch.zeros(len(STANCES))
    pairs = zip(STANCES, shares, strict=True)
    return torch.tensor([math.log(share / form.prior.get(name, share)) for name, share in pairs])


def _batches(
    examples: list[Example], encoder: Encoder, recipe: RecipeSettings, number: int, shifts: dict[str, Tensor]
) -> Iterator[Batch]:
    """Batches of pairs of like length: sorted within blocks of 40 batches, the batches then shuffled."""
    rng = random.Random(f"batches/{recipe.seed}/{number}")
    tokenizer = encoder.tokenizer
    order: list[list[int]] = []
    ids = tokenizer.ids([example.text for example in examples])
    words = {text: tokenizer.ids([text])[0] for text in {example.target for example in examples}}
    pairs = tokenizer.pairs([words[example.target] for example in examples], ids, recipe.max_tokens)
    for start in range(0, len(pairs), recipe.batch * _BUCKET):
        block = sorted(range(start, min(start + recipe.batch * _BUCKET, len(pairs))), key=lambda i: len(pairs[i]))
        order += [block[i : i + recipe.batch] for i in range(0, len(block), recipe.batch)]
    rng.shuffle(order)
    none = torch.zeros(len(STANCES))
    for batch in order:
        yield Batch(
            ids=pad_rows([pairs[i] for i in batch], tokenizer.pad),
            labels=torch.tensor([examples[i].label for i in batch]),
            shift=torch.stack([shifts.get(examples[i].set, none) for i in batch]),
        )


def _one_step(
    network: StanceNetwork,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    batch: Batch,
    recipe: RecipeSettings,
    precision: torch.dtype,
) -> float:
    device = network.out.weight.device
    readings = 2 if recipe.agreement else 1
    ids, labels, shift = (part.to(device) for part in (batch.ids, batch.labels, batch.shift))
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        logits = network(ids.repeat(readings, 1))
    shifted = logits.float() + shift.repeat(readings, 1)
    loss = nn.functional.cross_entropy(shifted, labels.repeat(readings), label_smoothing=recipe.label_smoothing)
    if recipe.agreement:
        loss = loss + recipe.agreement * _disagreement(*shifted.chunk(2))
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _disagreement(first: Tensor, second: Tensor) -> Tensor:
    """The mean over rows of the symmetric Kullback-Leibler divergence between two readings' stances, halved."""
    one, other = first.log_softmax(1), second.log_softmax(1)
    return ((one.exp() - other.exp()) * (one - other)).sum(1).mean() / 2


def trained_weights(network: StanceNetwork) -> dict[str, Tensor]:
    """The tensors that training may have changed, by name."""
    return {name: value.detach() for name, value in network.named_parameters() if value.requires_grad}


def _save(
    folder: Path, network: StanceNetwork, optimizer: torch.optim.Optimizer, step: int, recipe: RecipeSettings
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"weight/{name}": value.cpu().contiguous() for name, value in trained_weights(network).items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"moment/{index}/{key}": torch.as_tensor(value).cpu() for key, value in moments.items()}
    partial = folder / "partial.safetensors"
    save_file(tensors, partial, metadata={"step": json.dumps(step), "recipe": recipe.model_dump_json()})
    os.replace(partial, folder / "checkpoint.safetensors")


def _restore(
    folder: Path,
    network: StanceNetwork,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    recipe: RecipeSettings,
) -> int:
    """Loads the newest checkpoint, if any; returns the step it was taken at (0 without one)."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    from safetensors import safe_open

    with safe_open(path, "pt") as opened:
        about = opened.metadata()
    now, then = recipe.model_dump(mode="json"), json.loads(about.get("recipe", "{}"))
    if changed := [key for key, value in then.items() if now.get(key, value) != value]:
        raise DataError(
            f"{path} was made with another {', '.join(changed)} than the recipe has; remove it to train anew"
        )
    step = int(json.loads(about["step"]))
    tensors = load_file(path)
    parameters = dict(network.named_parameters())
    state = optimizer.state_dict()
    with torch.no_grad():
        for name, value in tensors.items():
            kind, _, rest = name.partition("/")
            if kind == "weight":
                parameters[rest].copy_(value)
            else:
                index, key = rest.split("/")
                state["state"].setdefault(int(index), {})[key] = value
    optimizer.load_state_dict(state)
    schedule.last_epoch = step
    for group, base, rule in zip(optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True):
        group["lr"] = base * rule(step)
    return step
