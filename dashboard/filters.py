"""What a reader may choose from: the sources, languages, regions and narratives that posts have."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from configs.settings import TargetSettings
from dashboard.charts import narrative_titles
from dashboard.words import Words
from storage.sources import sources

Choices = Mapping[str, list[tuple[str, str]]]
_LANGUAGES = ("kk", "ru", "mixed", "en")


def choices(c: Connection, words: Words, target: TargetSettings | None) -> Choices:
    """For source, language, region and narrative: each value with what it is called. No target, no narratives."""
    known = sources(c)
    return {
        "source": [(one.source, one.title or one.source) for one in known],
        "language": [(one, words.language_name(one)) for one in _LANGUAGES],
        "region": [(one, one) for one in sorted({one.region for one in known if one.region})],
        "narrative": list(narrative_titles(target, words.language).items()) if target else [],
    }
