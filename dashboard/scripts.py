"""Vega, Vega-Lite and Vega-Embed as one script. They come with vl-convert, and are bundled once on a machine.

Bundling takes seconds and a hundred megabytes, so a process of its own does it, and the file stays in the cache.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def script() -> bytes:
    """The script, gzipped. RuntimeError where it cannot be bundled."""
    for folder in (_cache_folder(), Path(tempfile.gettempdir())):
        file = folder / f"pikir-vega-{_mark()}.js.gz"
        if file.is_file():
            return file.read_bytes()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            made = subprocess.run([sys.executable, "-m", "dashboard.scripts"], capture_output=True, check=False)
            if made.returncode or not made.stdout:
                raise RuntimeError(f"the charts' script cannot be bundled: {made.stderr.decode()[-500:]}")
            _place(file, made.stdout)
        except OSError:
            continue
        return made.stdout
    raise RuntimeError("the charts' script has no folder to be kept in: set PIKIR_CACHE to one that can be written")


def script_tag() -> str:
    """Changes with the script: a part of its address, under which browsers keep it."""
    return _mark()


def _mark() -> str:
    return hashlib.sha256(f"{version('vl-convert-python')} {_SNIPPET}".encode()).hexdigest()[:12]


def _cache_folder() -> Path:
    named = os.environ.get("PIKIR_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pikir"


def _place(file: Path, content: bytes) -> None:
    """Whole or not at all: two servers may start at once."""
    handle, part = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(part).replace(file)


if __name__ == "__main__":
    import vl_convert

    bundled = str(vl_convert.javascript_bundle(_SNIPPET)).encode()
    sys.stdout.buffer.write(gzip.compress(bundled, compresslevel=9, mtime=0))
