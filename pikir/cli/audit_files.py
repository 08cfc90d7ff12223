"""Posts to label as files, and the codebook that goes with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from collectors.contacts import mask_contacts
from configs.settings import TargetSettings
from dashboard.delimited import csv_text
from pikir.cli.output import open_output
from storage.audits import audit_frame
from storage.draws import drawn_frame, draws

COLUMNS = ("post_id", "target", "text", "language", "posted_at", "label", "coder")
CODEBOOK = Path(str(files("pikir"))).parent / "docs" / "codebook.md"
_MARK = "<!-- targets -->"


def posts_to_label(c: Connection, target: str, *, coder: str = "", period: str = "") -> list[dict[str, Any]]:
    """Every drawn post once, in the order of the queue, contacts masked; nothing of what the model says.

    `coder`: leaves out what this coder has labelled; `period`: only the draw of this window. Deleted posts and posts
    whose text was purged are left out.
    """
    wanted = [draw.id for draw in draws(c, target) if period in ("", draw.period)]
    frame = drawn_frame(c, target).filter(pl.col("draw").is_in(wanted), pl.col("text") != "")
    frame = frame.unique(["source", "native_id"], keep="first", maintain_order=True)
    if coder:
        blind = pl.col("inclusion_probability").is_not_null() & pl.col("labelled_at").is_not_null()
        done = audit_frame(c, target).filter(pl.col("coder") == coder, blind)
        frame = frame.join(done, on=["source", "native_id"], how="anti", maintain_order="left")
    return [
        {
            "post_id": f"{row['source']}/{row['native_id']}",
            "target": target,
            "text": mask_contacts(row["text"]),
            "language": row["language"],
            "posted_at": row["posted_at"].isoformat(),
            "label": "",
            "coder": coder,
        }
        for row in frame.iter_rows(named=True)
    ]


def write_posts(output: str, rows: Sequence[dict[str, Any]], form: str) -> None:
    """Write posts to label as csv, jsonl, or label-studio (a list of tasks). `output` - is standard output."""
    with open_output(output) as stream:
        if form == "csv":
            stream.write(csv_text(rows, COLUMNS))
        elif form == "jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            shown = ("post_id", "target", "text", "language", "posted_at")
            tasks = [{"data": {name: row[name] for name in shown}} for row in rows]
            stream.write(json.dumps(tasks, ensure_ascii=False, indent=2) + "\n")


def codebook_text(targets: Sequence[TargetSettings]) -> str:
    """The codebook page with the description of each target and of the reasons that are read beside the stance."""
    page = CODEBOOK.read_text(encoding="utf-8")
    before, _, behind = page.partition(_MARK)
    return before + "\n".join(_section(target) for target in targets) + behind


def _section(target: TargetSettings) -> str:
    title = target.title.get("en", target.id)
    lines = [f"### {title} (`{target.id}`)", ""]
    lines += [f"- {language}: {words}" for language, words in target.description.items()]
    if target.narratives:
        lines += ["", "Reasons that are read beside the stance; they do not change the label:", ""]
        lines += [
            f"- **{one.title.get('en', one.name)}** ({one.stance}): {one.description}" for one in target.narratives
        ]
    return "\n".join([*lines, ""])
