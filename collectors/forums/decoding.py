"""The text of a fetched page, also where its server names another encoding than the one that it is written in."""

from __future__ import annotations

import codecs
import re

from collectors.files import guessed_encoding

_WORD = re.compile("[\u0400-\u052f]{4}")  # other alphabets in Windows-1251 give single letters


def decoded(body: bytes, declared: str) -> str:
    """`body` as UTF-8 where it is that, beyond chance; else as `declared` says, or Windows-1251 where that gives no
    Cyrillic word and Windows-1251 does. A character that was cut in two at the end is left out."""
    if body.isascii():
        return declared
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(body)
    except UnicodeDecodeError:
        pass
    russian = body.decode("cp1251", "replace")
    wrong = not _WORD.search(declared) and guessed_encoding(body) == "cp1251" and _WORD.search(russian)
    return russian if wrong else declared
