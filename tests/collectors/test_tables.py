"""JSON Lines, JSON lists, CSV and TSV under the names that people give their columns."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import PSEUDONYMISER, read_file

from collectors.batches import CollectorError
from collectors.columns import KNOWN
from collectors.values import Clock

NOON = "2022-10-12T12:00:00+00:00"


def jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_common_names_are_recognised(tmp_path: Path) -> None:
    row = {
        "Message ID": 7,
        "Created-At": NOON,
        "BODY": " Привет ",
        "from_id": {"_": "PeerUser", "user_id": 5},
        "reply_to": {"reply_to_msg_id": 3},
        "topic": "шум",
        "views": "1.2K",
        "shares": 4,
        "likes": 9.0,
        "edit_date": 1665576000,
    }
    (post,) = read_file(jsonl(tmp_path / "a.jsonl", row)).posts
    assert (post.native_id, post.text, post.reply_to, post.thread) == ("7", "Привет", "3", "шум")
    assert (post.views, post.forwards, post.reactions) == (1200, 4, 9)
    assert post.posted_at == post.edited_at == dt.datetime(2022, 10, 12, 12, tzinfo=dt.UTC)
    assert post.author == PSEUDONYMISER.pseudonym("demo", "5")


def test_ids_of_different_channels_stay_apart(tmp_path: Path) -> None:
    rows = [
        {"message_id": 1, "sender_id": -1001000, "text": "раз", "date": NOON, "channel": "А", "reply_to": 9},
        {"message_id": 1, "sender_id": -1002000, "text": "два", "date": NOON, "channel": "Б"},
        {"message_id": 2, "sender_id": 77, "text": "три", "date": NOON, "channel": "Б"},
    ]
    result = read_file(jsonl(tmp_path / "a.jsonl", *rows))
    assert [post.native_id for post in result.posts] == ["А/1", "Б/1", "Б/2"]
    assert [post.voice for post in result.posts] == ["outlet", "outlet", "person"]
    assert result.posts[0].reply_to == "А/9"


def test_an_author_who_is_the_channel_is_an_outlet(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": 1, "text": "раз", "date": NOON, "author": "Двор", "channel": "Двор"})
    assert read_file(path).posts[0].voice == "outlet"


def test_without_an_id_the_id_follows_from_the_content(tmp_path: Path) -> None:
    rows = [{"text": "раз", "date": NOON, "author": "а"}, {"text": "раз", "date": NOON, "author": "б"}]
    one = read_file(jsonl(tmp_path / "a.jsonl", *rows))
    two = read_file(jsonl(tmp_path / "b.jsonl", *reversed(rows)))
    assert len({post.native_id for post in one.posts}) == 2
    assert {post.native_id for post in one.posts} == {post.native_id for post in two.posts}


def test_a_mapping_comes_before_every_guess(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": 1, "text": "не то", "слова": "то", "когда": NOON})
    assert read_file(path, mapping={"text": "слова", "date": "когда"}).texts == ["то"]


def test_missing_columns_are_named_with_what_to_do(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": 1, "слова": "то", "date": NOON})
    with pytest.raises(
        CollectorError, match=r"recognised as text; its columns are id, слова, date\..*--map text=COLUMN"
    ):
        read_file(path)
    with pytest.raises(CollectorError, match="no column 'тело'"):
        read_file(path, mapping={"text": "тело"})
    with pytest.raises(CollectorError, match="the field 'colour', which posts do not have"):
        read_file(path, mapping={"colour": "слова"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom", "cp1251"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_as_programs_save_them(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    rows = [
        ["id", "date", "author", "text"],
        ["1", "12.10.2022 16:00", "а", f'"с {delimiter} и ""кавычками"""'],
        ["2", "2022-10-12 16:00:00", "б", f'"две{end}строки"'],
        ["3", "1665568800", "в", "последняя"],
    ]
    text = end.join(delimiter.join(row) for row in rows) + end
    raw = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)
    for path, content in ((tmp_path / "t.csv", raw), (tmp_path / "t.csv.gz", gzip.compress(raw))):
        path.write_bytes(content)
        result = read_file(path)
        assert result.texts == [f'с {delimiter} и "кавычками"', f"две{end}строки", "последняя"]
        assert {post.posted_at.hour for post in result.posts} == {10}
        assert not result.rejected


def test_places_in_a_table_are_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text('id,date,text\n1,2022-10-12,"две\nстроки"\n2,когда-то,три\n', "utf-8")
    (rejected,) = read_file(path).rejected
    assert rejected.place == "posts.csv: line 4"


def test_a_json_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": n, "date": NOON, "text": f"№{n}"} for n in range(5)], indent=2), "utf-8")
    assert read_file(path).texts == [f"№{n}" for n in range(5)]


def test_data_frames_write_integers_with_a_point(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,date,text,author,views\n17.0,2022-10-12,раз,nan,3.0\n", "utf-8")
    (post,) = read_file(path).posts
    assert (post.native_id, post.author, post.views) == ("17", "", 3)


@pytest.mark.parametrize(
    ("value", "hour"),
    [
        ("2022-10-12T12:00:00Z", 12),
        ("2022-10-12T12:00:00+06:00", 6),
        ("2022-10-12 12:00:00 UTC", 12),
        ("2022-10-12 12:00", 6),
        ("2022-10-12", 18),
        ("12.10.2022 12:00:30", 6),
        ("12.10.2022, 12:00", 6),
        (1665576000, 12),
        (1665576000.5, 12),
        ("1665576000", 12),
        (1665576000000, 12),
        (1665576000000000, 12),
    ],
)
def test_times_are_understood(value: object, hour: int) -> None:

    moment = Clock(ZoneInfo("Asia/Almaty"), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)).read(value)
    assert (moment.utcoffset(), moment.hour) == (dt.timedelta(0), hour)
    assert moment.day in (11, 12)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SOUND = {"id": "хороший", "date": NOON, "text": "хорошее"}


@given(st.lists(_json | st.dictionaries(st.sampled_from(list(KNOWN)), _json), max_size=5))
@settings(max_examples=60, deadline=None)
def test_wild_rows_never_hide_a_sound_one(wild: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "a.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in [SOUND, *wild, SOUND | {"id": "второй"}]))
        array = Path(folder) / "a.json"
        array.write_text(json.dumps([SOUND, *wild, SOUND | {"id": "второй"}]))
        for path in (lines, array):
            result = read_file(path)
            assert {"хороший", "второй"} <= {post.native_id for post in result.posts}
            for post in result.posts:
                json.dumps([post.native_id, post.text, post.thread], ensure_ascii=False).encode()


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and b"\r" not in line), max_size=6))
@settings(max_examples=60, deadline=None)
def test_lines_of_garbage_cost_only_themselves(garbage: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        sound = [json.dumps(SOUND | {"id": n}).encode() for n in range(len(garbage) + 1)]
        path.write_bytes(b"\n".join(part for pair in zip(sound, [*garbage, b""], strict=True) for part in pair))
        assert {post.native_id for post in read_file(path).posts} >= {str(n) for n in range(len(sound))}


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wild"
        for raw in (content, b"id,date,text\n" + content, b"\x1f\x8b" + content, b'[{"date":1,"text":""},' + content):
            path.write_bytes(raw)
            with contextlib.suppress(CollectorError):
                read_file(path)
