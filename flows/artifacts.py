"""Results as Prefect artifacts: one table a stage, the same key in every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from prefect.artifacts import create_table_artifact

_MOST_ROWS = 200


def publish_table(key: str, rows: Sequence[Any], description: str) -> None:
    """The rows (dataclasses or mappings) as the artifact `pikir-<key>`; the first 200 of them."""
    table = [row if isinstance(row, dict) else asdict(row) for row in rows[:_MOST_ROWS]]
    create_table_artifact(
        key=f"pikir-{key}",
        table=[{name: _plain(value) for name, value in row.items()} for row in table],
        description=description if len(rows) <= _MOST_ROWS else f"{description} The first {_MOST_ROWS} of {len(rows)}.",
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else str(value)
