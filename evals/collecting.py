"""How fast forums are read and Telegram messages are stored, on this machine."""

from __future__ import annotations

from configs.loading import load
from pikir.benchmarks import collect


def collecting() -> dict[str, float]:
    """Forum posts a second of processor for the slowest engine and for all, Telegram messages a second likewise."""
    rows = {row["what"]: row["per_processor_second"] for row in collect.measure(2_200, 10_000, load().engines, print)}
    telegram, every = rows.pop("Telegram messages stored"), rows.pop("forum posts parsed, all")
    return {"forum_posts": every, "forum_posts_slowest_engine": min(rows.values()), "telegram_messages": telegram}
