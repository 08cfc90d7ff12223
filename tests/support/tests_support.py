"""Data that several test folders build."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

AGAINST = [
    "Понаехали релоканты, цены на жильё взлетели, пусть едут обратно",
    "Достали эти приезжие из России, хамят и ничего не уважают",
    "Релоканттар келіп, пәтер бағасын көтеріп жіберді, кетсін тезірек",
]
FAVOR = [
    "Релоканты хорошие ребята, работают, учат казахский, рад что они тут",
    "Поможем тем, кто приехал из России от войны, они нам не чужие",
    "Көшіп келгендерге көмектесейік, олар да адам ғой, жақсы жігіттер",
]
NEITHER = ["Какая погода завтра в Алматы?", "Продам велосипед, недорого", "Той қашан болады?"]


def write_chat(path: Path, days: range, people: int = 14) -> Path:
    """A JSONL file: everyone writes once a day, a third against, a third in favour, a third of something else."""
    start = dt.datetime(2022, 9, 5, 6, tzinfo=dt.UTC)
    with path.open("w", encoding="utf-8") as stream:
        for day in days:
            for person in range(people):
                texts = (AGAINST, FAVOR, NEITHER)[person % 3]
                row = {
                    "id": day * 100 + person,
                    "date": (start + dt.timedelta(days=day, minutes=person)).isoformat(),
                    "text": texts[(day + person) % 3],
                    "author": f"user{person}",
                }
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path
