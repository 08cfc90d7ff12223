"""What other tools export is recognised by its fields: 4CAT, telegram-tracker, and mailing lists."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from reading import PSEUDONYMISER, read_file

FOUR_CAT = {
    "id": "17", "thread_id": "demo", "chat": "qala_chat", "author": "501", "author_username": "nobody",
    "author_name": "Имя", "author_is_bot": "no", "body": "Көршілер жақсы", "reply_to": "16", "views": "12",
    "timestamp": "2022-09-21 08:00:00", "unix_timestamp": "1663747200", "timestamp_edited": "",
    "unix_timestamp_edited": "", "author_forwarded_from_name": "", "author_forwarded_from_username": "",
}  # fmt: skip
TELETHON = {
    "_": "Message", "id": 17, "peer_id": {"_": "PeerChannel", "channel_id": 900}, "date": "2022-09-21 08:00:00+00:00",
    "message": "Көршілер жақсы", "from_id": {"_": "PeerUser", "user_id": 501}, "fwd_from": None, "views": 12,
    "reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": 16}, "forwards": 2, "edit_date": None,
}  # fmt: skip
TRACKER = {
    "signature": "msg_iteration.0.user.qala_chat.post.17", "channel_id": "900", "username": "qala_chat",
    "message": "Көршілер жақсы", "date": "2022-09-21 08:00:00", "msg_link": "https://t.me/qala_chat/17",
    "msg_from_peer": "PeerUser", "msg_from_id": "501.0", "views": "12", "number_forwards": "2",
    "reply_to_msg_id": "16.0", "from_channel_id": "",
}  # fmt: skip


def write_csv(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def told(path: Path) -> list[tuple[str, str, str, str, str, int | None]]:
    posts = read_file(path).posts
    return [(p.native_id, p.text, f"{p.posted_at:%Y-%m-%d %H:%M}", p.reply_to, p.voice, p.views) for p in posts]


def test_the_same_message_out_of_every_tool(tmp_path: Path) -> None:
    four_cat = write_csv(tmp_path / "4cat.csv", FOUR_CAT)
    tracker = write_csv(tmp_path / "msgs_dataset.csv", TRACKER)
    ndjson = tmp_path / "4cat.ndjson"
    raw = {**TELETHON, "_chat": {"username": "qala_chat", "id": 900}, "_sender": {"id": 501}, "date": 1663747200.0}
    ndjson.write_text(json.dumps(raw) + "\n", encoding="utf-8")
    messages = tmp_path / "qala_chat_messages.json"
    messages.write_text(json.dumps({"_": "ChannelMessages", "count": 1, "messages": [TELETHON]}), encoding="utf-8")

    common = ("Көршілер жақсы", "2022-09-21 08:00", "person", 12)
    for path, channel in ((four_cat, "qala_chat"), (tracker, "qala_chat"), (ndjson, "qala_chat"), (messages, "900")):
        (row,) = told(path)
        assert row[:2] == (f"{channel}/17", common[0]), path.name
        assert row[2:] == (common[1], f"{channel}/16", *common[2:]), path.name
    authors = {read_file(path).posts[0].author for path in (four_cat, tracker, ndjson, messages)}
    assert len(authors) == 1, "one person, whichever tool tells of them"


def test_a_channel_speaks_as_an_outlet(tmp_path: Path) -> None:
    path = tmp_path / "news_messages.json"
    path.write_text(json.dumps({"messages": [{**TELETHON, "from_id": None}]}), encoding="utf-8")
    (post,) = read_file(path, "channel").posts
    assert post.voice == "outlet"


def test_who_posts_as_the_channel_is_no_person(tmp_path: Path) -> None:
    raw = {**TELETHON, "from_id": None, "_chat": {"username": "qala_chat"}, "_sender": {"id": 900, "title": "Qala"}}
    path = tmp_path / "4cat.ndjson"
    path.write_text(json.dumps(raw) + "\n", encoding="utf-8")
    (post,) = read_file(path).posts
    assert (post.voice, post.author) == ("outlet", PSEUDONYMISER.pseudonym("telegram", "channel900"))


MBOX = """From aigul@example.org Wed Sep 21 08:00:00 2022
From: =?utf-8?b?0JDQudCz0q/Quw==?= <Aigul@example.org>
Message-ID: <1@example.org>
Date: Wed, 21 Sep 2022 14:00:00 +0600
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Көршілер келді.
>From the same address, and not a new letter.

--{blank}
Айгүл, +7 701 123 45 67

From oleg@example.org Wed Sep 21 09:00:00 2022
From: Oleg <oleg@example.org>
Message-ID: <2@example.org>
In-Reply-To: <1@example.org>
References: <1@example.org>
Date: Wed, 21 Sep 2022 15:00:00 +0600
Content-Type: text/plain; charset="utf-8"

Айгүл пишет:
> Көршілер келді.

Хорошие люди.

From nobody Wed Sep 21 10:00:00 2022
From: nobody@example.org
Message-ID: <3@example.org>

Без даты
"""


def test_a_mailing_list_in_an_mbox(tmp_path: Path) -> None:
    path = tmp_path / "list.mbox"
    path.write_text(MBOX.replace("{blank}", " "), encoding="utf-8")
    read = read_file(path, "forum")
    first, second = read.posts
    assert (first.native_id, first.thread, first.reply_to) == ("1@example.org", "1@example.org", "")
    assert first.text.startswith("Көршілер келді.")
    assert "Айгүл" not in first.text
    assert f"{first.posted_at:%H:%M}" == "08:00"
    assert (second.text, second.thread, second.reply_to) == ("Хорошие люди.", "1@example.org", "1@example.org")
    assert len({first.author, second.author, ""}) == 3
    assert [(one.place, one.reason) for one in read.rejected] == [
        ("list.mbox: letter 3", "the letter has no date that can be read")
    ]
    assert read_file(path, "forum", read.position).posts == [], "the same file twice stores nothing twice"


@pytest.mark.parametrize("day", [f"{10**20} Jan 2022 10:00:00 +0000", f"3 Jan 2022 10:00:00 +{10**20}", "yesterday"])
def test_a_letter_with_an_impossible_date_is_set_aside(tmp_path: Path, day: str) -> None:
    path = tmp_path / "list.mbox"
    head = "From a Mon Jan  3 10:00:00 2022\nFrom: a@example.org\nMessage-ID: <1@example.org>\n"
    path.write_text(f"{head}Date: Mon, {day}\n\nhello there\n\n", encoding="utf-8")
    (refused,) = read_file(path, "forum").rejected
    assert refused.reason == "the letter has no date that can be read"


def test_an_id_on_which_pythons_parser_breaks_is_taken_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "list.mbox"
    letter = LETTER.format(date="Fri, 01 Mar 2024 00:30:00 +0500", more="").replace("<1@b.kz>", "<1@[")
    path.write_text(letter + "Сәлем\n", encoding="utf-8")
    assert [post.native_id for post in read_file(path, "forum").posts] == ["<1@["]


LETTER = "From a@b.kz Fri Mar  1 00:30:00 2024\nFrom: a@b.kz\nMessage-ID: <1@b.kz>\nDate: {date}\n{more}\n"


@pytest.mark.parametrize(
    ("more", "body", "text"),
    [
        ("", "Сәлем".encode(), "Сәлем"),
        ("", "Привет всем".encode("cp1251"), "Привет всем"),
        ("Content-Type: text/plain; charset=nonsense\n", "Сәлем".encode(), "Сәлем"),
        ("Content-Type: text/plain; charset=koi8-r\n", "Привет всем".encode("koi8-r"), "Привет всем"),
        (
            "Content-Type: text/html; charset=utf-8\n",
            "<p>Өз сөзім<div class='gmail_quote'>пт, 1 мар., Иван пишет:<blockquote>чужое</blockquote></div>".encode(),
            "Өз сөзім",
        ),
        ("", "Своё\n\n-----Original Message-----\nFrom: x\nчужое".encode(), "Своё"),
        ("", "Своё\n---------- Пересылаемое сообщение ----------\nчужое".encode(), "Своё"),
    ],
)
def test_letters_as_programs_write_them(tmp_path: Path, more: str, body: bytes, text: str) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(LETTER.format(date="Fri, 01 Mar 2024 00:30:00 +0500", more=more).encode() + body + b"\n")
    assert read_file(path, "forum").texts == [text]


@pytest.mark.parametrize(("zone", "utc"), [("-0000", "03-01 00:30"), ("+0500", "02-29 19:30"), ("GMT", "03-01 00:30")])
def test_the_zone_of_a_letter(tmp_path: Path, zone: str, utc: str) -> None:
    path = tmp_path / "list.mbox"
    path.write_text(LETTER.format(date=f"Fri, 01 Mar 2024 00:30:00 {zone}", more="") + "Сәлем\n", encoding="utf-8")
    (post,) = read_file(path, "forum").posts
    assert f"{post.posted_at:%m-%d %H:%M}" == utc
