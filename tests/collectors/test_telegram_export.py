"""Telegram Desktop's exports: one chat and whole accounts, sound and damaged."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import DATA, PSEUDONYMISER, open_as, read, read_file

from collectors import file_collector
from collectors.batches import CollectorError
from collectors.telegram.peers import peer

GROUP = DATA / "collectors" / "group"
ACCOUNT = DATA / "collectors" / "account.json"


def message(number: int, text: Any = "текст", **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": "message", "date_unixtime": "1665547200", "from_id": "user1", "text": text} | fields


def export(path: Path, messages: list[Any], kind: str = "public_supergroup", indent: int | None = 1) -> Path:
    chat = {"name": "Двор", "type": kind, "id": 1, "messages": messages}
    path.write_text(json.dumps(chat, ensure_ascii=False, indent=indent), "utf-8")
    return path


def test_a_group_is_read_whole() -> None:
    result = read_file(GROUP)
    posts = {post.native_id: post for post in result.posts}
    assert list(posts) == ["2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14"]
    assert (result.tally.service, result.tally.empty, result.tally.rejected) == (1, 2, 0)
    assert posts["2"].text == "Звоните [phone] или пишите [user], спросить [user]"
    assert posts["3"].reply_to == "2"
    assert posts["3"].reactions == 6
    assert posts["4"].reply_to == ""
    assert posts["10"].text == "Подпись к фото"
    assert posts["11"].text == "Нужны ли нам приезжие рабочие?"
    assert posts["12"].edited_at == dt.datetime(2022, 10, 12, 5, tzinfo=dt.UTC)


def test_a_text_that_nobody_sees_is_none(tmp_path: Path) -> None:
    hidden = export(tmp_path / "result.json", [message(1, "\u200b\u2063 "), message(2, "\u200bвидно")])
    assert read_file(hidden).texts == ["\u200bвидно"]


def test_who_speaks() -> None:
    posts = {post.native_id: post for post in read_file(GROUP).posts}
    assert posts["2"].author == posts["7"].author == PSEUDONYMISER.pseudonym("telegram", "user55")
    assert posts["3"].author != posts["2"].author
    assert posts["5"].author == PSEUDONYMISER.pseudonym("telegram", "user57")
    assert posts["14"].author == ""
    assert {number for number, post in posts.items() if post.voice == "outlet"} == {"6", "13"}
    # The number of an old export and the text of a new one are the same channel.
    assert posts["6"].author == posts["13"].author


def test_a_forwarded_channel_is_named_and_a_person_is_not() -> None:
    posts = {post.native_id: post for post in read_file(GROUP).posts}
    assert posts["7"].forwarded_from == "Новости города"
    assert posts["8"].forwarded_from
    assert "Иван" not in posts["8"].forwarded_from


def test_in_a_channel_the_channel_speaks(tmp_path: Path) -> None:
    path = export(tmp_path / "r.json", [message(1), message(2, from_id=None)], "public_channel")
    assert {post.voice for post in read_file(path, "channel").posts} == {"outlet"}


def test_a_naive_date_is_in_the_given_zone_and_an_old_export_was_never_edited_in_1970() -> None:
    post = next(post for post in read_file(GROUP).posts if post.native_id == "13")
    assert post.posted_at == dt.datetime(2022, 10, 12, 10, tzinfo=dt.UTC)
    assert post.edited_at is None


def test_masking_can_be_switched_off() -> None:
    assert read_file(GROUP, mask=False).posts[0].text == "Звоните 2-50-12 или пишите @aidos_k, спросить Айдос К."


def test_the_title_is_taken_from_the_export() -> None:
    (collector,) = open_as(GROUP)
    assert collector.source.title == "Двор"
    assert collector.source.source == "demo"


def test_an_account_becomes_a_source_for_each_channel_and_group() -> None:
    collectors = open_as(ACCOUNT)
    sources = [(collector.source.source, collector.source.kind) for collector in collectors]
    assert sources == [
        ("kazakstan-zhanalyktary", "channel"),
        ("chat-14", "group"),
        ("chat-15", "group"),
        ("chat-16", "group"),
        ("pokinutyi-chat", "group"),
    ]
    texts = [read(collector).texts for collector in collectors]
    assert texts == [
        ["Жаңалық", "Ещё новость"],
        ["раз", 'в тексте "messages": [ и { скобки ]'],
        ["два"],
        [],
        ["был здесь"],
    ]


def test_personal_chats_are_left_out_and_counted_without_names() -> None:
    first, *others = open_as(ACCOUNT)
    assert [note.split(" left out")[0] for note in first.notes] == ["1 × personal_chat", "1 × saved_messages"]
    assert all(not collector.notes for collector in others)


def test_the_same_person_is_the_same_in_two_chats() -> None:
    _, one, two, *_ = [read(collector) for collector in open_as(ACCOUNT)]
    assert one.posts[0].author == two.posts[0].author


def test_an_account_on_one_line_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(json.loads(ACCOUNT.read_text("utf-8"))))
    assert [len(read(collector).posts) for collector in open_as(path)] == [2, 2, 1, 0, 1]


def test_a_header_far_into_the_file_is_found(tmp_path: Path) -> None:
    account = json.loads(ACCOUNT.read_text("utf-8"))
    account["contacts"]["list"] *= 6000
    path = tmp_path / "result.json"
    path.write_text(json.dumps(account, ensure_ascii=False, indent=1), "utf-8")
    assert path.stat().st_size > 400_000
    assert [len(read(collector).posts) for collector in open_as(path)] == [2, 2, 1, 0, 1]


def test_a_group_read_as_a_channel_is_pointed_out() -> None:
    assert open_as(GROUP, "channel")[0].notes == (
        "the export is of a public_supergroup but is read as the channel that the source is said to be",
    )
    assert open_as(GROUP, "comments")[0].notes == ()


def test_a_personal_chat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="no channel or group"):
        open_as(export(tmp_path / "r.json", [message(1)], "personal_chat"))


def test_a_chat_is_known_by_the_start_of_its_first_ten_digits() -> None:
    assert peer(123) == "user123"
    assert peer((2 << 32) + 5) == "channel5"
    assert peer((1 << 32) + 5) == "chat5"
    assert peer(" user7 ") == "user7"
    assert [peer(nobody) for nobody in (None, True, -1, [], 1.5)] == [""] * 5


@given(cut=st.floats(0, 1), indent=st.sampled_from([None, 1]))
@settings(max_examples=25, deadline=None)
def test_a_file_cut_anywhere_keeps_every_message_before_the_cut(cut: float, indent: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = export(Path(folder) / "r.json", [message(n, f'сообщение №{n} {{["') for n in range(20)], indent=indent)
        whole = path.read_bytes()
        kept = whole[: int(cut * len(whole))]
        complete = kept.count(b'\\"' + (b'"\n  }' if indent else b'"}'))
        path.write_bytes(kept)
        try:
            result = read_file(path)
        except CollectorError:
            assert complete == 0
            return
        assert len(result.posts) == complete
        assert result.rejected or len(whole) - len(kept) <= 4


@given(
    damage=st.lists(st.tuples(st.integers(1, 18), st.binary(min_size=1, max_size=8)), min_size=1, max_size=3),
    indent=st.sampled_from([None, 1]),
)
@settings(max_examples=30, deadline=None)
def test_damage_inside_messages_costs_no_other_message(damage: list[tuple[int, bytes]], indent: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = export(Path(folder) / "r.json", [message(n, f"сообщение №{n}.") for n in range(20)], indent=indent)
        whole = path.read_bytes()
        for number, garbage in damage:
            marker = f"сообщение №{number}.".encode()
            whole = whole.replace(marker, marker + garbage)
        path.write_bytes(whole)
        result = read_file(path)
        sound = {str(n) for n in range(20)} - {str(number) for number, _ in damage}
        assert sound <= {post.native_id for post in result.posts}
        assert result.tally.posts + result.tally.rejected >= 20


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = [*message(0), "date", "edited", "edited_unixtime", "from", "reactions", "poll", "views", "forwarded_from"]
_FIELDS += ["forwarded_from_id", "reply_to_message_id", "reply_to_peer_id"]


@given(st.lists(_json | st.dictionaries(st.sampled_from(_FIELDS), _json), max_size=5))
@settings(max_examples=60, deadline=None)
def test_wild_messages_never_hide_a_sound_one(wild: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.json"
        sound = message(2**40, "хорошее")
        chat = {"name": "Двор", "type": "public_supergroup", "id": 1, "messages": [*wild, sound, *wild]}
        path.write_text(json.dumps(chat))
        result = read_file(path)
        assert "хорошее" in result.texts
        for post in result.posts:
            json.dumps([post.text, post.author, post.forwarded_from], ensure_ascii=False).encode()


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result.json"
    text = "слово " * 600
    monkeypatch.setattr(file_collector, "BATCH_RECORDS", 200)
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"name": "Двор", "type": "public_supergroup", "id": 1, "messages": [\n')
        for number in range(2500):
            stream.write(json.dumps(message(number, text), ensure_ascii=False) + ",\n")
        stream.write(json.dumps(message(2500, text), ensure_ascii=False) + "]}")
    size = path.stat().st_size
    assert size > 15_000_000
    (collector,) = open_as(path)
    tracemalloc.start()
    try:
        count = sum(len(batch.posts) for batch in collector.collect())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2501
    assert peak < size / 2, "the file is held in memory"


def test_a_folder_of_html_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "ChatExport_2022-10-12"
    folder.mkdir()
    shutil.copy(DATA / "broken" / "messages.html", folder / "messages.html")
    with pytest.raises(CollectorError, match="Machine-readable JSON"):
        open_as(folder)
