"""Texts in, annotations out: language, mentions, stance. `models.load()` gives all of it as a spaCy pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["load"]


def load(config: str | Path | None = None) -> Language:
    """A spaCy pipeline that reads stances as the configuration in the folder `config` says (the shipped one if None).

    `doc.spans["targets"]` holds the mentions (label: the target's id), `span._.stance` the post's stance toward that
    target, `doc._.language` its language; see `models.component`. ConfigError or EncoderError, with the remedy.
    """
    from models.component import pipeline

    return pipeline(config)
