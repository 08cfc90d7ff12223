"""Real forum software for tests, each in an environment of its own, made on first use and kept.

`python tests/peers/forums/environments.py [spirit hyperkitty misago]` sets them up beforehand. They lie in
`var/peers` of the checkout, or where PIKIR_PEERS says; the versions of everything are those of `software/NAME.txt`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
SOFTWARE = HERE / "software"
ROOT = HERE.parents[2]
NAMES = ("spirit", "hyperkitty", "misago")


def environment(name: str) -> Path:
    """The folder of the environment with this forum installed. Of several processes one installs, the others wait."""
    pins = SOFTWARE / f"{name}.txt"
    mark = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = Path(os.environ.get("PIKIR_PEERS") or ROOT / "var" / "peers")
    home.mkdir(parents=True, exist_ok=True)
    place = home / f"{name}-{mark}"
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            venv.create(place, clear=True, with_pip=True)
            install = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*install, "-r", str(pins)], check=True)
            (place / "ready").touch()
    return place


if __name__ == "__main__":
    for wanted in sys.argv[1:] or NAMES:
        print(wanted, environment(wanted))
