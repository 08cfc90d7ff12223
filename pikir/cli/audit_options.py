"""What the commands of `pikir audit` share."""

from __future__ import annotations

from typing import Annotated

import typer

from configs.settings import Settings
from pikir.cli.output import InputError

Target = Annotated[str, typer.Option(help="The id of a target, for example migrants.")]


def check_target(settings: Settings, target: str) -> None:
    """InputError, naming the known ids, where there is no such target."""
    known = [item.id for item in settings.targets]
    if target not in known:
        raise InputError(f"no target {target!r}; configured are {', '.join(known)}")
