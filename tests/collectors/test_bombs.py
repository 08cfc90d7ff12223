"""Archives that grow without end are left, and said to be; real ones are not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from reading import read_file

from collectors.files import LARGEST_GROWTH, TextFile


def test_an_archive_that_grows_without_end_is_left(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    sound = json.dumps({"id": 1, "date": "2022-10-03T10:00:00Z", "text": "Сәлем", "author": "a"}).encode() + b"\n"
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(sound)
        for _ in range(100):
            packed.write(b" " * 999_999 + b"\n")
    result = read_file(path)
    assert result.texts == ["Сәлем"], "what came before is kept"
    assert f"more than {LARGEST_GROWTH} times" in result.rejected[-1].reason


def test_a_small_file_may_be_as_uniform_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 2_000_000 + b"\n"))
    with TextFile(path).open() as stream:
        assert sum(len(chunk) for chunk in iter(stream.read, b"")) == 2_000_001
        assert stream.damage == ""
