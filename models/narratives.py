"""Why: the narratives that a post voices about a target, read from the encoding that the stance network made of it.

A narrative is what its description and examples in the target's YAML say: they are put to the same network with the
same target, and what it makes of them is the narrative's place. One that an analyst adds is read without training,
though poorly (docs/methods/narratives.md).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from configs.settings import NarrativeSettings, TargetSettings
from models.compiled import SERVING, cache_folder
from models.language import identify
from models.narrative_head import Matrix, NarrativeHead
from models.passage import passage
from models.stance import Query, StanceModel
from models.text import clean
from models.wording import target_words
from storage.records import Stance

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prototypes:
    """A target's narratives and their places: `vectors` is narratives x k, rows of length 1."""

    narratives: tuple[NarrativeSettings, ...]
    vectors: Matrix


class NarrativeReader:
    """Names the narratives of posts; none where the adapter has no narrative head or the target no narratives."""

    def __init__(self, targets: Sequence[TargetSettings], model: StanceModel) -> None:
        self._targets = {target.id: target for target in targets}
        self._model = model
        self._prototypes: dict[str, Prototypes] = {}

    def name(self, targets: Sequence[str], stances: Sequence[Stance], encodings: Matrix) -> list[tuple[str, ...]]:
        """The narratives of each post, in the order of the target's file; the rows are those of `StanceModel.read`.

        `targets` are configured ids ("" and unknown ones have no narratives). Only narratives that go with the
        stance that was read are named: a neutral post may have those of `any` stance.
        """
        head = self._model.narratives
        named: list[tuple[str, ...]] = [()] * len(targets)
        if head is None:
            return named
        for target in sorted(set(targets) & self._targets.keys()):
            if not self._targets[target].narratives:
                continue
            rows = [i for i, one in enumerate(targets) if one == target]
            places = self._places(head, self._targets[target])
            # Rounded, so that the last bits of the network's arithmetic decide nothing.
            cosines = np.round(head.project(encodings[rows]) @ places.vectors.T, 3)
            limits = [head.threshold(target, narrative.name) for narrative in places.narratives]
            for i, cosine in zip(rows, cosines, strict=True):
                named[i] = tuple(
                    narrative.name
                    for narrative, value, limit in zip(places.narratives, cosine, limits, strict=True)
                    if value >= limit and narrative.stance in ("any", stances[i])
                )
        return named

    def _places(self, head: NarrativeHead, target: TargetSettings) -> Prototypes:
        if target.id not in self._prototypes:
            self._prototypes[target.id] = Prototypes(target.narratives, self._vectors(head, target))
        return self._prototypes[target.id]

    def _vectors(self, head: NarrativeHead, target: TargetSettings) -> Matrix:
        """From the cache where it holds them: of these weights, this wording and this engine."""
        wording = json.dumps(narrative_definitions(target), sort_keys=True, ensure_ascii=False)
        mark = hashlib.blake2b(f"{self._model.engine.name}{SERVING}{wording}".encode(), digest_size=8).hexdigest()
        path = cache_folder() / f"narratives-{self._model.model}-{mark}.safetensors"
        if path.exists():
            try:
                return load_file(path)["vectors"]
            except (OSError, KeyError, SafetensorError) as error:
                _log.warning("the narratives kept in %s cannot be used (%s); they are made anew", path, error)
        vectors = np.stack([head.prototype(encodings) for encodings in encoded_narratives(target, self._model)])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({"vectors": vectors}, path)
        except OSError as error:
            _log.warning("narratives cannot be kept in %s (%s); they are made anew in the next run", path, error)
        return vectors


def narrative_definitions(target: TargetSettings) -> dict[str, object]:
    """What the reading of a target's narratives depends on: not their titles."""
    return {
        "id": target.id,
        "description": target.description,
        "narratives": [one.model_dump(mode="json", exclude={"title"}) for one in target.narratives],
    }


def encoded_narratives(target: TargetSettings, model: StanceModel) -> Iterator[Matrix]:
    """The encodings of each narrative's description and examples, in order."""
    texts = [(one.description, *one.examples) for one in target.narratives]
    flat = [clean(text) for group in texts for text in group]
    queries = [
        Query(target_words(target, language), passage(text, None, model.max_words), target.id, language)
        for text, language in zip(flat, identify(flat), strict=True)
    ]
    encodings = model.read(queries)[1]
    start = 0
    for group in texts:
        yield encodings[start : start + len(group)]
        start += len(group)
