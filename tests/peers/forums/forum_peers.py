"""A forum of real software on loopback: made anew in a folder, seeded, served, and its requests logged."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import SOFTWARE, environment


@dataclass(frozen=True)
class Software:
    """How one forum is served and read. `permalink`: of a post's id; `zone`: of the times it shows."""

    name: str
    application: str
    folder: str
    settings: str
    start: str
    permalink: str
    zone: str


SPIRIT = Software(
    "spirit", "forumsite.wsgi:application", "forumsite", "forumsite.settings.dev", "", "/comment/{id}/find/", "UTC"
)
HYPERKITTY = Software(
    "hyperkitty",
    "mailman_web.wsgi:application",
    "",
    "settings",
    "archives/list/dialog@example.org/",
    "/archives/list/dialog@example.org/message/{id}/",
    "Asia/Almaty",
)
MISAGO = Software("misago", "devproject.wsgi:application", "", "settings", "", "/t/t/{thread}/post/{id}/", "")


class Peer:
    """One forum in one folder, for a `with` block."""

    def __init__(self, software: Software, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self.software = software
        self.folder = folder
        self._python = str(environment(software.name) / "bin" / "python")
        self._environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._environment |= variables or {}
        self.seeded = self.seed("make")
        self._log = folder / "requests.jsonl"

    def __enter__(self) -> Peer:
        software = self.software
        with (self.folder / "server.err").open("w") as complaints:
            self._server = subprocess.Popen(
                [self._python, str(SOFTWARE / "serve.py"), software.application, str(self._log)],
                cwd=self.folder / software.folder,
                env={**self._environment, "DJANGO_SETTINGS_MODULE": software.settings},
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        assert self._server.stdout is not None
        self.port = int(self._server.stdout.readline() or 0)
        assert self.port, (self.folder / "server.err").read_text()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()
        assert self._server.stdout is not None
        self._server.stdout.close()

    @property
    def url(self) -> str:
        """Where reading begins."""
        return f"http://127.0.0.1:{self.port}/{self.software.start}"

    def seed(self, what: str) -> list[dict[str, Any]]:
        """Writes posts with the forum's own code: `make`, `more`, `edit`; `delete` takes some away. These posts."""
        script = SOFTWARE / f"seed_{self.software.name}.py"
        done = subprocess.run(
            [self._python, str(script), what], cwd=self.folder, env=self._environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        rows: list[dict[str, Any]] = json.loads(done.stdout.decode().strip().rsplit("\n", 1)[-1])
        return rows

    def native_id(self, row: dict[str, Any], key: str = "id") -> str:
        """The id under which a post is stored; "" where it answers none."""
        number = row.get(key)
        return self.software.permalink.format(id=number, thread=row.get("thread")) if number else ""

    def requests(self) -> list[dict[str, Any]]:
        """The server's log, in the order of arrival."""
        time.sleep(0.1)
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return sorted((json.loads(line) for line in lines), key=lambda row: row["time"])
