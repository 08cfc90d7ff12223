"""pikir: public opinion from open channels and forums. In a notebook: `monitor = pikir.open()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pikir.notebook import Monitor


def open(config: str | None = None, database: str | None = None) -> Monitor:
    """The monitor with `.trends`, `.chart`, `.posts` and `.sql`; see `pikir.notebook.open_monitor`."""
    # The command line imports this package, and should not wait for charts.
    from pikir.notebook import open_monitor

    return open_monitor(config, database)
