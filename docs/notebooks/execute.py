"""Runs the notebooks of this folder and keeps what they show: `python docs/notebooks/execute.py`, after `make monitor`.

Each runs in a kernel of its own, from the root of the checkout, on the database that PIKIR_DATABASE names.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SECONDS = 120


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs. CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    # The kernel is reached through files that only this user may open, not through ports of this computer.
    with tempfile.TemporaryDirectory(prefix="pikir-") as scratch:
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{scratch}/kernel")
        place = {"metadata": {"path": str(ROOT)}}
        return NotebookClient(notebook, km=kernel, timeout=SECONDS, resources=place).execute()


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without times and the kernel's version, and with pictures alone where a chart has a specification too.

    Who runs the notebook gets the charts that answer to the mouse.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in [one for one in data if "vegalite" in one]:
                del data[kind]
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for path in [Path(one) for one in sys.argv[1:]] or sorted(HERE.glob("*.ipynb")):
        nbformat.write(tidied(executed(path)), path)
