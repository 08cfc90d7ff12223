"""What pikir learned, on disk: low-rank changes of the encoder's layers, the head, and the calibration.

A folder in `models/adapters/` holds `adapter_model.safetensors` (names and shapes as PEFT writes LoRA
weights, scaling 1), `head.safetensors` (the head, and the biases and norms that changed),
`adapter.json` (recipe, encoder, digest) and `calibration.json`; the narrative head, where it was fitted, lies beside
(`models.narrative_head`). Only safetensors and JSON are read.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from models.calibration import Calibration
from models.container import EncoderError
from models.narrative_head import FILES as NARRATIVE_FILES
from models.narrative_head import NarrativeHead, load_head

if TYPE_CHECKING:  # torch is imported where weights are used: serving from the cache does without
    from torch import Tensor, nn

    from models.encoder import Encoder
    from models.network import StanceNetwork

FOLDER = Path(__file__).parent / "adapters"
_PREFIX = "base_model.model."
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"
_HEAD = {"dense.weight", "dense.bias", "out.weight", "out.bias"}
_WEIGHTS = ("adapter_model.safetensors", "head.safetensors")


@dataclass(frozen=True)
class Adapter:
    """A loaded adapter. `digest` changes with any file it reads by, `weights_digest` with the stance weights alone.

    `narratives` is None where no narrative head was fitted: then no narratives are named.
    """

    name: str
    digest: str
    weights_digest: str
    encoder: str
    low_rank: Mapping[str, Tensor]
    head: Mapping[str, Tensor]
    calibration: Calibration
    max_tokens: int
    max_words: int
    narratives: NarrativeHead | None = None

    @property
    def model(self) -> str:
        """The key under which this model's opinions are stored: opinions of two models are never mixed."""
        return f"{self.name}-{self.digest[:8]}"


class StoredWeights(Mapping[str, "Tensor"]):
    """The tensors of a safetensors file, read at the first look at one; names and shapes are there from the start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with safe_open(path, framework="numpy") as file:
            self.shapes: dict[str, tuple[int, ...]] = {
                name: tuple(file.get_slice(name).get_shape())
                for name in file.keys()  # noqa: SIM118  no mapping
            }

    @cached_property
    def _tensors(self) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        return load_file(self._path)

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors[name]

    def __contains__(self, name: object) -> bool:
        return name in self.shapes  # Mapping's own would read the tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def load_adapter(name: str, folder: Path = FOLDER) -> Adapter:
    """The adapter `name`, from the shipped ones or a path of its own. EncoderError where it is absent or damaged."""
    path = folder / name if (folder / name).is_dir() else Path(name).expanduser()
    known = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    if not (path / "adapter.json").is_file():
        raise EncoderError(f"no adapter {name!r}: neither a folder with adapter.json nor one of the shipped {known}")
    try:
        form: dict[str, Any] = json.loads((path / "adapter.json").read_text(encoding="utf-8"))
        calibration = Calibration.from_json(json.loads((path / "calibration.json").read_text(encoding="utf-8")))
        low_rank = StoredWeights(path / "adapter_model.safetensors")
        head = StoredWeights(path / "head.safetensors")
        _check_pairs(low_rank.shapes)
        if missing := _HEAD - head.keys():
            raise KeyError(f"head.safetensors lacks {sorted(missing)}")
        return Adapter(
            name=str(form["name"]),
            digest=_digest(path, *_WEIGHTS, "calibration.json", *(n for n in NARRATIVE_FILES if (path / n).exists())),
            weights_digest=_digest(path, *_WEIGHTS),
            encoder=str(form["encoder"]),
            low_rank=low_rank,
            head=head,
            calibration=calibration,
            max_tokens=int(form["max_tokens"]),
            max_words=int(form["max_words"]),
            narratives=load_head(path),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise EncoderError(f"the adapter in {path} is damaged ({error}); restore it: git checkout {path}") from error


def save_adapter(
    path: Path, form: dict[str, Any], low_rank: dict[str, Tensor], head: dict[str, Tensor], calibration: Calibration
) -> None:
    """Writes a folder that `load_adapter` reads; weights in 16 bits."""
    from safetensors.torch import save_file

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
    """The encoder with the adapter's changes added into its weights, under the adapter's head; ready to serve.

    The encoder itself stays as it was; what the adapter does not change is shared with it.
    EncoderError where the adapter was trained on an encoder of other names or sizes.
    """
    import torch

    from models.network import StanceNetwork

    changes = {
        "encoder." + stem.removeprefix(_PREFIX) + ".weight": up.float() @ down.float()
        for stem, down, up in _pairs(adapter.low_rank)
    }
    untouched = {
        id(value): value
        for name, value in encoder.network.named_parameters()
        if f"encoder.{name}" not in changes.keys() | adapter.head.keys()
    }
    tokenizer = encoder.tokenizer
    network = StanceNetwork(copy.deepcopy(encoder.network, untouched), encoder.hidden, tokenizer.eos, tokenizer.pad)
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, value in adapter.head.items():
            _known(parameters, name, value, adapter).copy_(value.float())
        for name, value in changes.items():
            _known(parameters, name, value, adapter).add_(value)
    return network.eval()


def _pairs(low_rank: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Each layer's name, A (rank x columns) and B (rows x rank)."""
    for name, down in low_rank.items():
        if name.endswith(_DOWN):
            yield name.removesuffix(_DOWN), down, low_rank[name.removesuffix(_DOWN) + _UP]


def _check_pairs(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """KeyError or ValueError where the halves of a layer do not fit."""
    for name, down in shapes.items():
        if name.endswith(_DOWN):
            up = shapes[name.removesuffix(_DOWN) + _UP]
            if len(up) != 2 or len(down) != 2 or up[1] != down[0]:
                raise ValueError(f"{name} is {down}, its other half {up}")


def reduce_changes(
    before: dict[str, Tensor], after: dict[str, Tensor], rank: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Splits what training changed into low-rank matrices and the rest (head, biases, norms).

    Each linear layer's change is replaced by its best approximation of this rank (truncated singular
    value decomposition, Eckart & Young 1936), which is then stored as a LoRA pair with scaling 1.
    """
    import torch

    low_rank: dict[str, Tensor] = {}
    rest: dict[str, Tensor] = {}
    for name, value in after.items():
        if name.startswith("encoder.") and value.dim() == 2:
            u, s, v = torch.linalg.svd(value.float() - before[name].float(), full_matrices=False)
            root = s[:rank].sqrt()
            stem = _PREFIX + name.removeprefix("encoder.").removesuffix(".weight")
            low_rank[stem + _DOWN] = root[:, None] * v[:rank]
            low_rank[stem + _UP] = u[:, :rank] * root
        else:
            rest[name] = value
    return low_rank, rest


def _known(parameters: dict[str, nn.Parameter], name: str, value: Tensor, adapter: Adapter) -> Tensor:
    tensor = parameters.get(name)
    if tensor is None or tensor.shape != value.shape:
        found = "no such weight" if tensor is None else f"one of {tuple(tensor.shape)}"
        raise EncoderError(
            f"adapter {adapter.name} was trained on encoder {adapter.encoder!r}: its {name!r} is "
            f"{tuple(value.shape)}, this encoder has {found}; set `encoder` in monitor.yaml to {adapter.encoder!r}"
        )
    return tensor


def _digest(path: Path, *names: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in names:
        digest.update((path / name).read_bytes())
    return digest.hexdigest()
