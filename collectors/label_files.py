"""Files of labels that people filled in → answers: CSV, JSON Lines, a JSON list, and what Label Studio exports.

A row that cannot be used is kept aside with its place and reason; a row without a label is a post not labelled yet.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collectors.batches import CollectorError, RecordError
from collectors.csv_rows import CsvRows
from collectors.files import TextFile
from collectors.formats import recognise
from collectors.json_array import JsonArray
from collectors.lines import JsonLines
from collectors.records import Reader
from collectors.values import clean, excerpt, identifier
from storage.records import STANCES, Rejected, Stance

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "post_id": ("post_id",),
    "target": ("target",),
    "coder": ("coder", "annotator"),
    "label": ("label", "stance"),
}
CANNOT_TELL = ("cannot tell", "unclear", "?")
_SYNONYMS = {"favour": "favor"}
_NOT_YET = ("", "none", "null", "nan")
_LONGEST = 600
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a coder said of a post; `label` None: cannot tell. `place` is where it stands in the file."""

    place: str
    post_id: str
    target: str
    coder: str
    label: Stance | None
    at: dt.datetime | None = None


@dataclass(slots=True)
class Answers:
    """Everything in a file: `usable`, what was set `aside`, and how many rows have no label yet."""

    usable: list[Answer] = field(default_factory=list)
    aside: list[Rejected] = field(default_factory=list)
    open: int = 0


def read_answers(path: Path, *, source: str, target: str = "", coder: str = "") -> Answers:
    """Read a file of labels. `target` and `coder` are those of rows that name none.

    Rows have post_id, label (against, neutral, favor; "cannot tell"), and perhaps target and coder; further columns do
    not matter. Of two different answers of one coder to one post the second is set aside. `source` is the name under
    which rows are set aside. CollectorError where the file cannot be read, or is none of the formats.
    """
    answers = Answers()
    seen: dict[tuple[str, str, str], Answer] = {}
    for place, row in _rows(path, answers.aside, source):
        try:
            found = list(_answers(row, place, target, coder))
        except RecordError as error:
            answers.aside.append(Rejected(source, place, str(error), excerpt(str(row.get("post_id", "")))))
            continue
        answers.open += not found
        for answer in found:
            before = seen.setdefault((answer.post_id, answer.target, answer.coder), answer)
            if before is answer:
                answers.usable.append(answer)
            elif before.label != answer.label:
                reason = f"{answer.coder} gave this post another label at {before.place}; only the first is used"
                answers.aside.append(Rejected(source, place, reason, excerpt(answer.post_id)))
    return answers


def _rows(path: Path, aside: list[Rejected], source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row with its place; what is no row goes aside."""
    file = TextFile(path)
    reader = _reader(file)
    with file.open(file.start) as stream:
        for record in reader.read(stream, 0, 0):
            place = f"{file.name}, {reader.place(record)}"
            if isinstance(record.value, dict):
                yield place, record.value
            else:
                aside.append(Rejected(source, place, record.reason, record.excerpt))
        if stream.damage:
            aside.append(Rejected(source, f"{file.name}, end", stream.damage))


def _reader(file: TextFile) -> Reader:
    kind = recognise(file)
    if kind == "json-lines":
        return JsonLines(file.start)
    if kind == "json-list":
        return JsonArray(file.start)
    if kind != "csv":
        raise CollectorError(f"{file.path} is no file of labels: give CSV, JSON Lines, or the JSON of Label Studio")
    head = file.head.decode("utf-8", "replace").splitlines(keepends=True)
    headers = ([name.strip() for name in next(csv.reader(head, delimiter=mark), [])] for mark in _DELIMITERS)
    delimiter, names = max(zip(_DELIMITERS, headers, strict=True), key=lambda pair: _familiar(pair[1]))
    missing = [column for column in ("post_id", "label") if not set(COLUMNS[column]) & set(names)]
    if missing:
        raise CollectorError(
            f"{file.path}: no column {' and '.join(missing)}; found {', '.join(names)[:200]}. "
            "A file made by `pikir audit export` has them"
        )
    return CsvRows(file.start, names, delimiter)


def _familiar(names: list[str]) -> int:
    return sum(bool(set(known) & set(names)) for known in COLUMNS.values())


def _answers(row: Mapping[str, Any], place: str, target: str, coder: str) -> Iterator[Answer]:
    """The answers of one row: one, none where it is not labelled yet, or one for each annotation of a task."""
    if isinstance(row.get("data"), dict):
        yield from _task_answers(row, place, target, coder)
        return
    values = {name: _first(row, columns) for name, columns in COLUMNS.items()}
    if _text(values["label"]).lower() in _NOT_YET:
        return
    yield Answer(
        place,
        _post_id(values["post_id"]),
        _text(values["target"]) or _needed(target, "target", "--target"),
        _person(values["coder"]) or _needed(coder, "coder", "--coder"),
        _label(values["label"]),
    )


def _task_answers(task: Mapping[str, Any], place: str, target: str, coder: str) -> Iterator[Answer]:
    """The annotations of a task of Label Studio; cancelled ones are no answers."""
    data = task["data"]
    annotations = task.get("annotations") or []
    if not isinstance(annotations, list):
        raise RecordError(f"annotations must be a list, found {type(annotations).__name__}")
    for number, one in enumerate(annotations, start=1):
        if not isinstance(one, dict):
            raise RecordError(f"annotation {number} must be an object, found {type(one).__name__}")
        choices = _choices(one.get("result"), number)
        if one.get("was_cancelled") or not choices:
            continue
        if len(choices) > 1:
            raise RecordError(f"annotation {number} chooses {len(choices)} labels; the choice must be single")
        who = _person(one.get("completed_by")) or _needed(coder, "coder", "--coder")
        about = _text(data.get("target")) or _needed(target, "target", "--target")
        yield Answer(place, _post_id(data.get("post_id")), about, who, _label(choices[0]), _moment(one))


def _choices(result: Any, number: int) -> list[Any]:
    if not isinstance(result, list):
        raise RecordError(f"annotation {number} has no list `result`")
    values = [one.get("value") for one in result if isinstance(one, dict) and one.get("type") == "choices"]
    found = [value.get("choices") for value in values if isinstance(value, dict)]
    return [choice for choices in found if isinstance(choices, list) for choice in choices]


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else identifier(value)


def _person(value: Any) -> str:
    """A coder: a name, a mail address, or the number that a tool gives its users."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("username") or value.get("id")
    name = _text(value)
    return f"annotator-{name}" if name.isdecimal() else name


def _post_id(value: Any) -> str:
    text = _text(value)
    # The apostrophe with which a table keeps a spreadsheet from reading an id as a formula.
    text = text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else text
    if "/" not in text or len(text) > _LONGEST:
        raise RecordError(f"post_id must be source/id, as `pikir audit export` writes it, found {excerpt(text)!r}")
    return text


def _label(value: Any) -> Stance | None:
    text = " ".join(_text(value).lower().split()) if isinstance(value, str) else ""
    text = _SYNONYMS.get(text, text)
    if text in CANNOT_TELL:
        return None
    for stance in STANCES:
        if text == stance:
            return stance
    raise RecordError(f"label {excerpt(value) or type(value).__name__!r} is none of {', '.join(STANCES)}, cannot tell")


def _needed(value: str, what: str, option: str) -> str:
    if not value:
        raise RecordError(f"no {what} in this row; add a column {what}, or give {option}")
    return value


def _moment(annotation: Mapping[str, Any]) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(annotation.get("updated_at") or annotation.get("created_at") or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
