"""Files of labels: the three forms say the same, and whatever else comes in is set aside with its place."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.collector import CollectorError
from collectors.label_files import Answers, read_answers

ROWS = [
    {"post_id": "forum/1", "target": "migrants", "text": "a", "label": "against", "coder": "ann"},
    {"post_id": "forum/2", "target": "migrants", "text": "b", "label": "Favour ", "coder": "ann"},
    {"post_id": "forum/3", "target": "russia", "text": "c", "label": "cannot tell", "coder": "bob"},
    {"post_id": "forum/4", "target": "russia", "text": "d", "label": "", "coder": "bob"},
]
EXPECTED = [
    ("forum/1", "migrants", "ann", "against"),
    ("forum/2", "migrants", "ann", "favor"),
    ("forum/3", "russia", "bob", None),
]


def read(path: Path, content: str | bytes, **options: str) -> Answers:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_answers(path, source="audit import", **options)


def told(answers: Answers) -> list[tuple[str, str, str, str | None]]:
    return [(one.post_id, one.target, one.coder, one.label) for one in answers.usable]


def task(post_id: str, target: str, *labels: str, who: Any = "ann", **more: Any) -> dict[str, Any]:
    """A task of Label Studio as its JSON export gives it."""
    annotations = [
        {
            "id": 1,
            "completed_by": who,
            "was_cancelled": False,
            "created_at": "2026-03-02T10:00:00.000000Z",
            "result": [
                {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": [label]}, "id": "x"}
            ],
            **more,
        }
        for label in labels
    ]
    return {"id": 7, "data": {"post_id": post_id, "target": target, "text": "a"}, "annotations": annotations}


def table(delimiter: str = ",") -> str:
    lines = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]
    return "\n".join(delimiter.join(line) for line in lines) + "\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", table()),
        ("semicolons.csv", table(";")),
        ("excel.csv", b"\xef\xbb\xbf" + table().replace("\n", "\r\n").encode()),
        ("utf16.csv", table("\t").encode("utf-16")),
        ("a.jsonl", "\n".join(json.dumps(row) for row in ROWS)),
        ("a.json", json.dumps(ROWS)),
        (
            "tasks.json",
            json.dumps(
                [
                    task("forum/1", "migrants", "against", who={"id": 3, "email": "ann"}),
                    task("forum/2", "migrants", "favor"),
                    task("forum/3", "russia", "cannot tell", who="bob"),
                    task("forum/4", "russia"),
                ]
            ),
        ),
    ],
)
def test_the_forms_say_the_same(tmp_path: Path, name: str, content: str | bytes) -> None:
    answers = read(tmp_path / name, content)
    assert told(answers) == EXPECTED
    assert (answers.open, answers.aside) == (1, [])


def test_what_label_studio_adds(tmp_path: Path) -> None:
    tasks = [
        task("forum/1", "migrants", "against", who=5),
        task("forum/2", "migrants", "favor", was_cancelled=True),
        {**task("forum/3", ""), "annotations": task("forum/3", "", "neutral", who="eva")["annotations"]},
    ]
    two = task("forum/4", "migrants", "against")
    two["annotations"][0]["result"][0]["value"]["choices"] = ["against", "favor"]
    answers = read(tmp_path / "a.json", json.dumps([*tasks, two]), target="migrants")
    assert told(answers) == [
        ("forum/1", "migrants", "annotator-5", "against"),
        ("forum/3", "migrants", "eva", "neutral"),
    ]
    assert answers.usable[0].at == dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)
    assert [one.reason for one in answers.aside] == ["annotation 1 chooses 2 labels; the choice must be single"]


def test_an_apostrophe_against_formulas_is_no_part_of_the_id(tmp_path: Path) -> None:
    answers = read(tmp_path / "a.csv", "post_id,label\n'@chat/1,against\n", target="migrants", coder="ann")
    assert told(answers) == [("@chat/1", "migrants", "ann", "against")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("forum/1,migrants,hostile,ann", "label 'hostile' is none of against, neutral, favor, cannot tell"),
        ("forum,migrants,against,ann", "post_id must be source/id, as `pikir audit export` writes it, found 'forum'"),
        ("forum/1,,against,ann", "no target in this row; add a column target, or give --target"),
        ("forum/1,migrants,against,", "no coder in this row; add a column coder, or give --coder"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    answers = read(tmp_path / "a.csv", f"post_id,target,label,coder\nforum/9,migrants,favor,ann\n{row}\n")
    assert told(answers) == [("forum/9", "migrants", "ann", "favor")]
    assert [(one.source, one.place, one.reason) for one in answers.aside] == [("audit import", "a.csv, line 3", reason)]


def test_two_answers_of_a_coder_to_a_post(tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[0], {**ROWS[0], "label": "favor"}, {**ROWS[0], "coder": "bob", "label": "favor"}]
    answers = read(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert [one.coder for one in answers.usable] == ["ann", "bob"]
    assert [(one.place, one.reason) for one in answers.aside] == [
        ("a.jsonl, line 3", "ann gave this post another label at a.jsonl, line 1; only the first is used")
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "office document"),
        (b"text,opinion\na,b\n", "no column post_id and label; found text, opinion"),
        (b'{"messages": [{"id": 1}]}', "is no file of labels"),
    ],
)
def test_another_file_is_refused_with_what_to_give(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(CollectorError, match=words):
        read(tmp_path / "a.csv", content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["against", "a/1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["post_id", "label", "target", "coder", "data", "annotations", "result", "completed_by", "x"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(keys, json_values, max_size=6) | json_values, min_size=1, max_size=6))
def test_any_json_is_read_to_its_end(tmp_path: Path, rows: list[Any]) -> None:
    """Hostile rows cost only themselves: the sound row behind them is read."""
    sound = json.dumps({"post_id": "forum/77", "target": "migrants", "label": "favor", "coder": "zoe"})
    answers = read(tmp_path / "a.json", f"[{', '.join([*(json.dumps(row) for row in rows), sound])}]")
    assert told(answers)[-1] == ("forum/77", "migrants", "zoe", "favor")
    assert all(one.reason and one.place for one in answers.aside)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=200))
def test_any_bytes_are_set_aside_or_read(tmp_path: Path, junk: bytes) -> None:
    answers = read(tmp_path / "a.csv", b"post_id,target,label,coder\nforum/1,migrants,favor,ann\n" + junk)
    assert told(answers)[:1] == [("forum/1", "migrants", "ann", "favor")]
