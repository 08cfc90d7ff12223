"""pikir: public opinion from open channels and forums. In a notebook: `monitor = pikir.open()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pikir.notebook import Monitor


def open(
    config: str | None = None, database: str | None = None, frames: Literal["polars", "pandas"] = "polars"
) -> Monitor:
    """The monitor with `.trends`, `.chart`, `.polls`, `.posts`, `.sql`; see `pikir.notebook.open_monitor`.

    `frames`: "polars" or "pandas".
    """
    # The command line imports this package, and should not wait for charts.
    from pikir.notebook import open_monitor

    return open_monitor(config, database, frames)
