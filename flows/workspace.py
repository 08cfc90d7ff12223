"""What every flow opens first: the configuration and the database it names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from configs.loading import load
from configs.settings import Settings
from storage.database import Database, open_database


@dataclass(frozen=True)
class Workspace:
    """The settings and the open database of one run."""

    settings: Settings
    database: Database


@contextmanager
def open_workspace(
    config: str | None = None, database: str | None = None, *, cache_mib: int = 64
) -> Iterator[Workspace]:
    """`config`: a folder of YAML files; `database`: a URL that goes before PIKIR_DATABASE and monitor.yaml.

    `cache_mib`: memory that each connection of SQLite may use.
    """
    settings, url = settings_and_url(config, database)
    with open_database(url, cache_mib=cache_mib) as opened:
        yield Workspace(settings, opened)


def settings_and_url(config: str | None = None, database: str | None = None) -> tuple[Settings, str]:
    """What `open_workspace` opens: the configuration, and the address of the database."""
    settings = load(Path(config) if config else None)
    return settings, database or os.environ.get("PIKIR_DATABASE") or settings.monitor.database
