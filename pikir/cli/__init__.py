"""The command line: `pikir …`. Each file of this folder is a group of commands."""

from __future__ import annotations

import os
import sys

from pikir.cli.app import app
from pikir.cli.errors import explained
from pikir.cli.output import tell_notices


def main() -> None:
    """Runs the command line; an error that the user can mend is printed without a traceback, with status 1.

    What it writes, or a library such as Prefect writes for it, is for the user alone.
    """
    os.umask(0o077)
    tell_notices("models")
    with explained():
        app()
    sys.exit(0)
