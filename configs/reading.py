"""YAML in, plain values and the line of every key out; traps of YAML that nobody means are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configs.errors import Problem

Place = tuple[str | int, ...]

_MAX_BYTES = 8_000_000
_MAX_VALUES = 50_000
_MAX_DEPTH = 60
_TOO_DEEP = f"nested more than {_MAX_DEPTH} levels deep"


class Unreadable(Exception):  # noqa: N818
    """The file is not YAML that can be used. `problems` says why."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value (None where it holds only comments), the line of each key and item, and repeated keys."""

    file: Path
    value: Any
    lines: dict[Place, int]
    problems: tuple[Problem, ...] = ()

    def line(self, path: Place) -> int:
        """The line of what stands at `path`, or of the nearest thing around it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(file: Path) -> Document:
    """The document in this file. Lists come as tuples, as the frozen forms want them. Unreadable says what is wrong."""
    text = _text(file)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(file, None, {})
        walk = _Walk(file, loader)
        problems = list(walk.over(node))
        if problems:
            raise Unreadable(*problems, *walk.repeated)
        return Document(file, _frozen(loader.construct_document(node)), walk.lines, tuple(walk.repeated))
    except yaml.YAMLError as error:
        raise Unreadable(_syntax(file, text, error)) from None


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Unreadable(Problem(file, 0, "", f"cannot be read ({error.strerror})")) from None
    if len(raw) > _MAX_BYTES:
        raise Unreadable(Problem(file, 0, "", f"{len(raw):,} bytes", f"at most {_MAX_BYTES:,} bytes"))
    if not raw.strip():
        raise Unreadable(
            Problem(file, 0, "", "the file is empty; restore it, or leave a comment in it if that is meant")
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte {raw[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise Unreadable(Problem(file, line, "", found)) from None


def _syntax(file: Path, text: str, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(
            file, line, "", f"the character U+{ord(text[error.position]):04X} may not stand in YAML; remove it"
        )
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error)
    around = getattr(error, "context", None)
    return Problem(file, mark.line + 1 if mark else 0, "", f"not YAML: {reason}" + (f" ({around})" if around else ""))


class _Loader(yaml.SafeLoader):
    """The safe loader, which stops at a depth that no configuration has rather than at Python's own limit."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise yaml.composer.ComposerError(problem=_TOO_DEEP, problem_mark=self.get_mark())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Walk:
    """One pass over the nodes: notes the line of every place, yields what is odd, stops where aliases blow up."""

    def __init__(self, file: Path, loader: _Loader) -> None:
        self.file, self.loader = file, loader
        self.lines: dict[Place, int] = {}
        self.repeated: list[Problem] = []
        self.values = 0

    def over(self, node: yaml.Node, place: Place = ()) -> Iterator[Problem]:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self.values += 1
        if self.values > _MAX_VALUES:
            raise Unreadable(Problem(self.file, line, "", "aliases make the file too large", f"{_MAX_VALUES:,} values"))
        if len(place) > _MAX_DEPTH:
            raise Unreadable(Problem(self.file, line, "", f"not YAML: {_TOO_DEEP}"))
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                yield from self.over(item, (*place, index))
        elif isinstance(node, yaml.MappingNode):
            yield from self._keys(node, place)
        else:
            yield from self._scalar(node, place, line)

    def _keys(self, node: yaml.MappingNode, place: Place) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for key, value in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if not isinstance(key, yaml.ScalarNode):
                yield Problem(
                    self.file, line, dotted(place), "a list or mapping stands where a key is expected", "text"
                )
                continue
            if not key.tag.endswith((":str", ":merge")):
                found = f"YAML reads the key {name} as {key.tag.rsplit(':', 1)[-1]}, not as text; put it in quotes"
                yield Problem(self.file, line, dotted((*place, name)), found)
            if name in first:
                found = f"the key {name!r} stands twice, first in line {first[name]}"
                self.repeated.append(Problem(self.file, line, dotted((*place, name)), found, "each key once"))
            first.setdefault(name, line)
            self.lines.setdefault((*place, name), line)
            yield from self.over(value, (*place, name))

    def _scalar(self, node: yaml.Node, place: Place, line: int) -> Iterator[Problem]:
        try:
            self.loader.construct_object(node)
        except ValueError as error:
            # YAML takes it for a date or a number by its looks: 2022-13-45.
            yield Problem(
                self.file, line, dotted(place), f"{node.value!r} cannot be read ({error})", "a real date or number"
            )


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def dotted(path: Place) -> str:
    """A path as people write it: rules[0].name."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
