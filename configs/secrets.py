"""What may stand in no log, no error and no answer: the secrets of the environment, and passwords in addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

HIDDEN = "***"
_NAMES = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|_HASH$|SESSION")
# The address of a recipient of alerts may stand in a variable of any name; these hold none.
_NO_SECRETS = re.compile(r"^(PREFECT_.*|.*_PROXY)$", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]+(?=@)")
_SHORTEST = 6


def redacted(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """`text` without the secrets of the environment, and without the user:password@ of any address.

    Secret are the values of variables whose names say so, and those that hold an address (but of an SQLite file).
    """
    for name, value in environ.items():
        if len(value) >= _SHORTEST and value in text and _secret(name, value):
            text = text.replace(value, HIDDEN)
    return _IN_ADDRESS.sub(HIDDEN, text)


def _secret(name: str, value: str) -> bool:
    if _NAMES.search(name):
        return True
    return "://" in value and not value.startswith("sqlite:") and not _NO_SECRETS.match(name)
