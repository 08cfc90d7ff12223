"""A target in the words that the model reads beside the text."""

from __future__ import annotations

from configs.settings import TargetSettings


def target_words(target: TargetSettings, language: str) -> str:
    """The target's description in the language of the post; in Russian, or else the first one, where there is none."""
    words = target.description
    return words.get(language) or words.get("ru") or next(iter(words.values()))
