"""Errors that a user can mend are shown as their message alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape

from collectors.collector import CollectorError
from configs.errors import ConfigError
from models.container import EncoderError
from models.training.data import DataError
from pikir.cli.output import InputError, console
from storage.errors import StorageError

EXPECTED = (ConfigError, StorageError, CollectorError, EncoderError, InputError, DataError)


@contextmanager
def explained() -> Iterator[None]:
    """Prints an expected error and leaves with status 1; a broken pipe (`| head`) is no error."""
    try:
        yield
    except EXPECTED as error:
        console.print(f"[red]error[/red] {escape(str(error))}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
