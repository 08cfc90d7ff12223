"""The streaming cutter of JSON lists agrees with the JSON library, wherever the chunks end."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import files, json_array
from collectors.files import TextFile
from collectors.json_array import JsonArray

_text = st.text('ab"\\{}[],: \n\té😀', max_size=8)
_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)


@given(
    objects=st.lists(st.dictionaries(_text, _value, max_size=4), max_size=6),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    chunk=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_every_object_comes_out_as_the_library_reads_it(
    objects: list[dict[str, Any]], indent: int | None, ascii_only: bool, chunk: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "CHUNK", chunk)
        patched.setattr(json_array, "CHUNK", chunk)
        path = Path(folder) / "list.json"
        path.write_text(json.dumps(objects, indent=indent, ensure_ascii=ascii_only) + "\n", "utf-8")
        with TextFile(path).open() as stream:
            records = list(JsonArray(0).read(stream, 0, 0))
        assert [record.value for record in records] == objects
        whole = path.read_bytes()
        for before, record in zip([None, *records], records, strict=False):
            begin = before.end if before else whole.index(b"[") + 1
            assert json.loads(whole[begin : record.end].lstrip(b" ,\n")) == record.value
