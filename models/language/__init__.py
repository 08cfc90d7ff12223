"""Which language a post is written in: a character n-gram model of ours, small enough to ship."""

from models.language.identifier import LANGUAGES, MIXED, identify

__all__ = ["LANGUAGES", "MIXED", "identify"]
