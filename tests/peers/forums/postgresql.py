"""A PostgreSQL server of the system in a folder of its own: Misago needs hstore, which the server from PyPI lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EXTENSION = "hstore.control"


def binaries() -> Path | None:
    """The folder of the newest installed server that has the extensions; None where there is none."""
    found = [Path(path).resolve().parent for path in (shutil.which("pg_ctl"),) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    return next((one for one in found if (one / "initdb").exists() and _has_extensions(one)), None)


def _has_extensions(place: Path) -> bool:
    # Debian keeps them apart from the programs; others in the same tree.
    shared = (Path("/usr/share/postgresql") / place.parent.name, *place.parent.glob("share*"))
    return any(
        (folder / "extension" / _EXTENSION).exists() for folder in (*shared, *place.parent.glob("share/postgres*"))
    )


@contextmanager
def postgresql(folder: Path) -> Iterator[dict[str, str]]:
    """A running server in `folder`, reached by its socket only; the variables that lead to it."""
    place = binaries()
    assert place is not None
    data, socket = folder / "data", folder / "socket"
    folder.mkdir(parents=True, exist_ok=True)
    socket.mkdir(exist_ok=True)
    # The server refuses to run as root: there it runs as the user that its package made.
    runner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if runner:
        shutil.chown(folder, "postgres")
        shutil.chown(socket, "postgres")
    start = ["-o", f"-k {socket} -c listen_addresses= -c fsync=off -c full_page_writes=off", "-l", folder / "log", "-w"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    initdb = [place / "initdb", "-D", data, "-U", "misago", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    subprocess.run([*runner, *initdb], **quiet)  # type: ignore[call-overload]
    subprocess.run([*runner, place / "pg_ctl", "-D", data, *start, "start"], **quiet)  # type: ignore[call-overload]
    try:
        yield {"POSTGRES_HOST": str(socket), "POSTGRES_USER": "misago", "POSTGRES_NAME": "postgres"}
    finally:
        stop = [place / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"]
        subprocess.run([*runner, *stop], **quiet)  # type: ignore[call-overload]
