"""The folder of broken inputs: nothing crashes, nothing good is lost, everything bad is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import DATA, read_file

from collectors.batches import CollectorError

BROKEN = DATA / "broken"
# file → (ids that must be read, places that must be reported)
READABLE: dict[str, tuple[set[str], list[str]]] = {
    "array.json": ({"1", "3"}, ["record 2", "record 3", "record 5"]),
    "broken_quotes.csv": ({"1", "3", "4", "8", "9"}, ["line 3", "line 6", "line 7", "line 8"]),
    "dates_export.json": ({"3"}, ["message 1", "message 2", "message 4", "message 5", "message 6"]),
    "deep.jsonl": ({"1", "4"}, ["line 2", "line 3"]),
    "duplicate_ids.jsonl": ({"1"}, ["line 2 (earlier)"]),
    "megabyte_message.jsonl.gz": ({"1", "2"}, []),
    "missing_bracket_export.json": ({"1", "2", "3", "5"}, ["record 4"]),
    "nul_bytes.jsonl": ({"1", "2", "3"}, []),
    "strange_texts.jsonl": ({"1", "2", "3", "4"}, []),
    "surrogates.jsonl": ({"1", "2", "\ufffd"}, []),
    "truncated.jsonl.gz": ({str(n) for n in range(1, 269)}, ["line 269", "end"]),
    "truncated_export.json": ({"1", "2", "3"}, ["record 4"]),
    "unescaped_quote_export.json": ({"1", "2", "3", "5"}, ["record 4"]),
    "wrong_types_export.json": (
        {"1", "7", "8"},
        [f"record {n}" for n in (1, 2, 3, 4, 5, 7, 8)]
        + ["message 4", "message 5", "message 6", "record 15", "record 16"],
    ),
}
REFUSED = {
    "binary.json": "binary",
    "blank.jsonl": "blanks",
    "empty.json": "empty",
    "messages.html": "Machine-readable JSON",
    "no_columns.csv": "foo, bar",
    "object.json": "without a list of messages",
    "truncated_head.json": "cut off before it",
}


def test_every_file_of_the_folder_is_tried() -> None:
    assert {path.name for path in BROKEN.iterdir()} == READABLE.keys() | REFUSED.keys() | {"bad_lines.jsonl"}


@pytest.mark.parametrize("name", READABLE)
def test_the_good_is_kept_and_the_bad_is_reported(name: str) -> None:
    ids, places = READABLE[name]
    result = read_file(BROKEN / name)
    assert {post.native_id for post in result.posts} == ids
    assert [rejected.place for rejected in result.rejected] == [f"{name}: {place}" for place in places]
    assert all(rejected.reason and len(rejected.excerpt) <= 80 for rejected in result.rejected)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_at_all_is_explained(name: str) -> None:
    with pytest.raises(CollectorError, match=REFUSED[name]) as refusal:
        read_file(BROKEN / name)
    assert name in str(refusal.value)


def test_bad_lines_among_good_ones() -> None:
    result = read_file(BROKEN / "bad_lines.jsonl")
    assert result.texts == ["первая", "третья", "без id", "байты \ufffd\ufffdтут", "последняя"]
    assert [r.place.split()[-1] for r in result.rejected] == ["2", "4", "5", "6", "8", "9", "10", "15", "17"]
    assert (result.tally.empty, result.tally.repaired) == (2, 1)


def test_texts_stay_as_they_were_written() -> None:
    texts = read_file(BROKEN / "strange_texts.jsonl").texts
    assert texts[0] == "😀😀🔥"
    assert texts[1].startswith("مرحبا")
    assert texts[2] == "<s> </s> <mask> <pad> <unk> [CLS] [SEP] <|endoftext|>"
    assert len(read_file(BROKEN / "megabyte_message.jsonl.gz").texts[0]) > 1_000_000


def test_a_second_reading_reports_nothing_twice() -> None:
    for name in READABLE:
        first = read_file(BROKEN / name)
        assert read_file(BROKEN / name, position=first.position).batches == 0


def test_excerpts_are_masked_and_name_nobody(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(
        '{"id": 1, "author": "Иван Петров", "date": "нет", "text": "звоните +7 701 123 45 67"}\n'
        '{"id": 2, "author": "Иван Петров", "text": "обрыв\n{"id": 3, "date": "2022-10-12", "text": "да"}\n',
        "utf-8",
    )
    rejected = read_file(path).rejected
    assert [item.excerpt for item in rejected] == ["звоните [phone]", ""]
    assert "Иван" not in repr(rejected)


@pytest.mark.parametrize(("content", "named"), [(b"PK\x03\x04xxxx", "zip"), (b"<?xml version='1.0'?>", "XML")])
def test_other_formats_are_named(tmp_path: Path, content: bytes, named: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(content)
    with pytest.raises(CollectorError, match=f"{named}.*Supported"):
        read_file(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="No such file"):
        read_file(tmp_path / "absent.json")
    with pytest.raises(CollectorError, match=r"folder without a result\.json"):
        read_file(tmp_path)
