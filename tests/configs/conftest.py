from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TARGET = """\
id: {id}
title: {{en: {id}, ru: {id}}}
description: {{ru: приехавшие из России}}
match:
  ru: {{lemmas: [релокант, мигрант]}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small configuration that is right."""
    monkeypatch.delenv("PIKIR_CONFIG", raising=False)
    monkeypatch.delenv("PIKIR_DATABASE", raising=False)
    place = tmp_path / "configs"
    (place / "targets").mkdir(parents=True)
    (place / "monitor.yaml").write_text("name: trial\n")
    for name in ("migrants", "russia"):
        (place / "targets" / f"{name}.yaml").write_text(TARGET.format(id=name), encoding="utf-8")
    return place


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return write
