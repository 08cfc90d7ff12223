"""Where the configuration lies, and where the relative paths in it begin."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER_VARIABLE = "PIKIR_CONFIG"
DATABASE_VARIABLE = "PIKIR_DATABASE"
SHIPPED = Path(__file__).resolve().parent
SHIPPED_FORUMS = SHIPPED / "forums"


def default_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that PIKIR_CONFIG names, else that of this checkout, else `configs` here, else the installed one."""
    if environ.get(FOLDER_VARIABLE):
        return Path(environ[FOLDER_VARIABLE]).expanduser()
    here = Path.cwd() / "configs"
    if not _is_checkout(SHIPPED.parent) and (here / "monitor.yaml").is_file():
        return here
    return SHIPPED


def copy_shipped(folder: Path) -> Path:
    """The shipped configuration as files in `folder`, made for it, to be changed there; gives the folder."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__", "training")
    return Path(shutil.copytree(SHIPPED, folder, ignore=ignored, dirs_exist_ok=True))


def root_of(folder: Path) -> Path:
    """Where relative paths begin: the folder that holds `folder`; the working folder for the installed one."""
    folder = folder.expanduser().resolve()
    return Path.cwd() if folder == SHIPPED and not _is_checkout(SHIPPED.parent) else folder.parent


def absolute(path: str, root: Path) -> str:
    """`path` from `root`, with ~ for the home folder. An empty path stays empty: it means none."""
    return str(root / Path(path).expanduser()) if path else ""


def absolute_source(path: str, root: Path) -> str:
    """As `absolute`; the bundled sample is found beside our code, wherever the configuration lies."""
    placed = absolute(path, root)
    bundled = SHIPPED.parent / path
    return str(bundled) if path.startswith("pikir/sample/") and not Path(placed).exists() else placed


def absolute_database(url: str, root: Path) -> str:
    """An SQLite URL whose file is given from `root`; any other database URL as it is."""
    prefix = "sqlite:///"
    return prefix + absolute(url.removeprefix(prefix), root) if url.startswith(prefix) else url


def _is_checkout(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()
