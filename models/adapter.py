"""What pikir learned, on disk: low-rank changes of the encoder's layers, the head, and the calibration.

A folder in `models/adapters/` holds `adapter_model.safetensors` (names and shapes as PEFT writes LoRA
weights, scaling 1), `head.safetensors` (the head, and the biases and norms that changed),
`adapter.json` (recipe, encoder, digest) and `calibration.json`. Only safetensors and JSON are read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.calibration import Calibration
from models.container import EncoderError
from models.encoder import Encoder
from models.network import StanceNetwork

FOLDER = Path(__file__).parent / "adapters"
_PREFIX = "base_model.model."
_WEIGHTS = ("adapter_model.safetensors", "head.safetensors")


@dataclass(frozen=True)
class Adapter:
    """A loaded adapter. `digest` changes with any weight or calibration, `weights_digest` with the weights alone."""

    name: str
    digest: str
    weights_digest: str
    encoder: str
    low_rank: dict[str, Tensor]
    head: dict[str, Tensor]
    calibration: Calibration
    max_tokens: int
    max_words: int

    @property
    def model(self) -> str:
        """The key under which this model's opinions are stored: opinions of two models are never mixed."""
        return f"{self.name}-{self.digest[:8]}"


def load_adapter(name: str, folder: Path = FOLDER) -> Adapter:
    """The adapter `name`, from the shipped ones or a path of its own. EncoderError where it is absent or damaged."""
    path = folder / name if (folder / name).is_dir() else Path(name).expanduser()
    known = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    if not (path / "adapter.json").is_file():
        raise EncoderError(f"no adapter {name!r}: neither a folder with adapter.json nor one of the shipped {known}")
    try:
        form: dict[str, Any] = json.loads((path / "adapter.json").read_text(encoding="utf-8"))
        calibration = Calibration.from_json(json.loads((path / "calibration.json").read_text(encoding="utf-8")))
        low_rank = load_file(path / "adapter_model.safetensors")
        head = load_file(path / "head.safetensors")
        return Adapter(
            name=form["name"],
            digest=_digest(path, *_WEIGHTS, "calibration.json"),
            weights_digest=_digest(path, *_WEIGHTS),
            encoder=form["encoder"],
            low_rank=low_rank,
            head=head,
            calibration=calibration,
            max_tokens=form["max_tokens"],
            max_words=form["max_words"],
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise EncoderError(f"the adapter in {path} is damaged ({error}); restore it: git checkout {path}") from error


def save_adapter(
    path: Path, form: dict[str, Any], low_rank: dict[str, Tensor], head: dict[str, Tensor], calibration: Calibration
) -> None:
    """Writes a folder that `load_adapter` reads; weights in 16 bits."""
    path.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in low_rank.items()}, path / "adapter_model.safetensors")
    save_file({name: value.half().contiguous() for name, value in head.items()}, path / "head.safetensors")
    (path / "adapter.json").write_text(json.dumps(form, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    save_calibration(path, calibration)


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Replaces the calibration of the adapter in `path`."""
    text = json.dumps(calibration.to_json(), indent=2, ensure_ascii=False)
    (path / "calibration.json").write_text(text + "\n", encoding="utf-8")


def merged_network(encoder: Encoder, adapter: Adapter) -> StanceNetwork:
    """The encoder with the adapter's changes added into its weights, under the adapter's head; ready to serve."""
    tokenizer = encoder.tokenizer
    network = StanceNetwork(encoder.network, encoder.hidden, tokenizer.eos, tokenizer.pad)
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, value in adapter.head.items():
            _known(parameters, name, adapter).copy_(value.float())
        for name, down in adapter.low_rank.items():
            if name.endswith(".lora_A.weight"):
                up = adapter.low_rank[name.replace(".lora_A.", ".lora_B.")]
                weight = "encoder." + name.removeprefix(_PREFIX).replace(".lora_A.weight", ".weight")
                _known(parameters, weight, adapter).add_(up.float() @ down.float())
    return network.eval()


def reduce_changes(
    before: dict[str, Tensor], after: dict[str, Tensor], rank: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Splits what training changed into low-rank matrices and the rest (head, biases, norms).

    Each linear layer's change is replaced by its best approximation of this rank (truncated singular
    value decomposition, Eckart & Young 1936), which is then stored as a LoRA pair with scaling 1.
    """
    low_rank: dict[str, Tensor] = {}
    rest: dict[str, Tensor] = {}
    for name, value in after.items():
        if name.startswith("encoder.") and value.dim() == 2:
            u, s, v = torch.linalg.svd(value.float() - before[name].float(), full_matrices=False)
            root = s[:rank].sqrt()
            stem = _PREFIX + name.removeprefix("encoder.").removesuffix(".weight")
            low_rank[f"{stem}.lora_A.weight"] = root[:, None] * v[:rank]
            low_rank[f"{stem}.lora_B.weight"] = u[:, :rank] * root
        else:
            rest[name] = value
    return low_rank, rest


def _known(parameters: dict[str, Any], name: str, adapter: Adapter) -> Tensor:
    if name not in parameters:
        raise EncoderError(
            f"adapter {adapter.name} was trained on encoder {adapter.encoder!r}, whose {name!r} this encoder lacks"
        )
    tensor: Tensor = parameters[name]
    return tensor


def _digest(path: Path, *names: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in names:
        digest.update((path / name).read_bytes())
    return digest.hexdigest()
