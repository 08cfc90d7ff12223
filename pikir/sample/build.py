"""The committed files of the sample: built from the pool, and compared with what lies in the folder."""

from __future__ import annotations

import gzip
from pathlib import Path

from pikir.sample import FOLDER
from pikir.sample.course import iso_week
from pikir.sample.exports import files
from pikir.sample.shares import Labelled, as_csv, weekly_truth
from pikir.sample.simulate import Post


def build(posts: list[Post]) -> dict[str, bytes]:
    """Path within the sample's folder → content before packing."""
    exports = {f"data/{name}.gz": content for name, content in files(posts).items()}
    return {**exports, "truth.csv": as_csv(weekly_truth(labelled(posts)))}


def labelled(posts: list[Post]) -> list[Labelled]:
    """What people wrote about the targets, collected or not; a channel is an outlet and has no part in it."""
    return [
        Labelled(iso_week(post.day), target, str(post.author.number), stance)
        for post in posts
        if post.author is not None
        for target, stance in post.labels.items()
    ]


def write(content: dict[str, bytes], folder: Path = FOLDER) -> None:
    """Writes every file; those that end in .gz packed, without a date in them."""
    for name, raw in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(raw, 9, mtime=0) if name.endswith(".gz") else raw)


def differing(content: dict[str, bytes], folder: Path = FOLDER) -> list[str]:
    """The files that are missing or hold other bytes; packed ones by what is in them, as zlibs differ in packing."""
    found: list[str] = []
    for name, raw in content.items():
        path = folder / name
        held = path.read_bytes() if path.is_file() else b""
        if (gzip.decompress(held) if held and name.endswith(".gz") else held) != raw:
            found.append(name)
    return found
