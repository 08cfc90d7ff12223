"""Reading goes on where it ended: nothing twice, nothing lost, a replaced file anew."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import open_as, read, read_file

from collectors import file_collector
from collectors.positions import Position

FORMATS = ["jsonl", "csv", "json", "telegram", "jsonl.gz", "telegram.gz"]


def write(path: Path, count: int) -> Path:
    rows = [{"id": n, "date": "2022-10-12T10:00:00Z", "text": f"строка\n№{n}"} for n in range(1, count + 1)]
    if path.name.endswith(".csv"):
        text = "id,date,text\n" + "".join(f'{row["id"]},{row["date"]},"{row["text"]}"\n' for row in rows)
    elif path.name.endswith(".json"):
        text = json.dumps(rows)
    elif ".telegram" in path.name:
        chat = {"name": "Д", "type": "private_group", "id": 1, "messages": [{"type": "message"} | row for row in rows]}
        text = json.dumps(chat, indent=1)
    else:
        text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_collector, "BATCH_RECORDS", 7)


@pytest.mark.parametrize("form", FORMATS)
def test_an_unchanged_file_gives_nothing(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / f"posts.{form}", 30)
    first = read_file(path)
    assert len(first.posts) == 30
    assert first.batches == 5
    assert read_file(path, position=first.position).batches == 0


@pytest.mark.parametrize("form", FORMATS)
def test_a_grown_file_gives_only_what_is_new(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"posts.{form}"
    first = read_file(write(path, 30))
    second = read_file(write(path, 41), position=first.position)
    assert [post.native_id for post in second.posts] == [str(n) for n in range(31, 42)]
    assert not second.rejected
    third = read_file(write(path, 43), position=second.position)
    assert [post.native_id for post in third.posts] == ["42", "43"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_replaced_file_is_read_anew(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"posts.{form}"
    first = read_file(write(path, 30))
    write(path, 29)
    assert len(read_file(path, position=first.position).posts) == 29


@pytest.mark.parametrize("form", FORMATS)
def test_reading_killed_after_any_batch_goes_on_without_loss_or_repetition(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / f"posts.{form}", 30)
    (collector,) = open_as(path)
    batches = list(collector.collect())
    for read_before, batch in enumerate(batches, start=1):
        (fresh,) = open_as(path)
        assert list(fresh.collect(batch.position)) == batches[read_before:]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_lines_are_counted_across_a_resumption(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / f"posts.{form}", 20)
    position = read_file(path).position
    lines = path.read_bytes().count(b"\n")
    with path.open("a") as stream:
        stream.write("99,никогда,три\n" if form == "csv" else '{"id": 99, "date": "никогда", "text": "три"}\n')
    (rejected,) = read_file(path, position=position).rejected
    assert rejected.place == f"posts.{form}: line {lines + 1}"


def test_a_line_that_was_being_written_is_read_when_it_is_complete(tmp_path: Path) -> None:
    path = write(tmp_path / "posts.jsonl", 3)
    line = '{"id": 4, "date": "2022-10-12T10:00:00Z", "text": "четвёртая"}\n'
    with path.open("a") as stream:
        stream.write(line[:30])
    first = read_file(path)
    assert [rejected.place for rejected in first.rejected] == ["posts.jsonl: line 4"]
    with path.open("a") as stream:
        stream.write(line[30:])
    second = read_file(path, position=first.position)
    assert second.texts == ["четвёртая"]
    assert not second.rejected


@given(
    st.text() | st.just('{"offset": -5, "digest": "x"}') | st.just('{"offset": "1", "digest": "x"}') | st.just("[1]")
)
def test_a_position_of_another_make_means_the_beginning(text: str) -> None:
    position = Position.parse(text)
    assert position.offset >= 0


@given(st.integers(0, 2**60), st.integers(0, 2**40), st.text(max_size=64), st.text(max_size=64))
def test_a_position_is_read_as_it_was_written(offset: int, records: int, digest: str, tail: str) -> None:
    position = Position(offset, records, digest, tail)
    assert Position.parse(str(position)) == position


def test_progress_ends_at_one(tmp_path: Path) -> None:
    for form in FORMATS:
        (collector,) = open_as(write(tmp_path / f"posts.{form}", 30))
        progress = [batch.progress for batch in collector.collect()]
        assert progress == sorted(progress)
        assert progress[-1] == 1
        assert read(collector).batches == len(progress)
