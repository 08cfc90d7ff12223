"""What may stand in no log, no error and no answer: the secrets of the environment, and passwords in addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

HIDDEN = "***"
_NAMES = re.compile(
    r"(PASSWORD|SECRET|TOKEN|_KEY$|_HASH$|SESSION|DATABASE$|_URL$|_DSN$|^PIKIR_(ALERT|MAIL|WEBHOOK|TELEGRAM))"
)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]+(?=@)")
_SHORTEST = 6


def redacted(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """`text` without the values of environment variables whose names speak of secrets, and without user:password@."""
    for name, value in environ.items():
        if len(value) >= _SHORTEST and value in text and _NAMES.search(name):
            text = text.replace(value, HIDDEN)
    return _IN_ADDRESS.sub(HIDDEN, text)
