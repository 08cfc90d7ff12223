"""The example notebooks run on the bundled sample, and what they keep was made by running them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from sample_database import built_once

FOLDER = Path(__file__).parent.parent.parent / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory)


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["checking-against-a-poll", "migrants-and-russia"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_it_showed(path: Path, sample: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path))
    place = {"PIKIR_DATABASE": f"sqlite:///{sample}", "PYTHONPATH": str(FOLDER.parent.parent)}
    command = [sys.executable, str(FOLDER / "execute.py"), str(copy)]
    done = subprocess.run(command, env=os.environ | place, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    now, kept = (nbformat.read(one, as_version=4) for one in (copy, path))
    assert shapes(now) == shapes(kept), "run: python docs/notebooks/execute.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_small_whole_and_uses_pikir_alone(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    imports = [line for cell in cells for line in cell.source.splitlines() if "import " in line]
    assert imports == ["import pikir"]
    assert all(cell.execution_count for cell in cells)
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)
    for cell in cells:
        for output in cell.outputs:
            assert len(str(output)) < 300_000
    assert sum("image/svg+xml" in output.get("data", {}) for cell in cells for output in cell.outputs) >= 3
    assert path.stat().st_size < 500_000


def shapes(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """What each cell shows, without the numbers, which differ in their last digits from one machine to the next."""
    return [
        [f"{output.output_type} {sorted(output.get('data', {}))} {first_line(output)}" for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def first_line(output: nbformat.NotebookNode) -> str:
    """The size of a table, the kind of anything else."""
    text = output.get("data", {}).get("text/plain", "")
    return "".join(text).splitlines()[0] if text else ""
