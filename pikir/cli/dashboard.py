"""`pikir dashboard` serves the page; `pikir users` says who may read it from elsewhere."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

if TYPE_CHECKING:
    from storage.database import Database as Store

users = typer.Typer(help="Who may read the page: add, list, remove, token.", no_args_is_help=True)


class Rank(StrEnum):
    """What a user may do: read; also label; also acknowledge and mute alerts."""

    viewer = "viewer"
    coder = "coder"
    operator = "operator"


def dashboard(
    host: Annotated[str | None, typer.Option(help="Address to listen on; goes before monitor.yaml.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; goes before monitor.yaml.")] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Serve the page and its API; on another address than loopback only where there are users.

    Example: [bold]pikir dashboard --port 8765[/bold]
    """
    import uvicorn

    from dashboard.app import create
    from flows.workspace import open_workspace

    with open_workspace(config, database) as workspace:
        chosen = workspace.settings.monitor.dashboard
        address, number = host or chosen.host, port or chosen.port
        local = is_loopback(address)
        refuse_strangers(workspace.database, local, address)
        app = create(workspace.settings, workspace.database, local=local)
        console.print(f"http://{address}:{number}/ — stop with Ctrl-C")
        uvicorn.run(app, host=address, port=number, log_level="warning", server_header=False)


def is_loopback(address: str) -> bool:
    """Whether only this computer reaches an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def refuse_strangers(database: Store, local: bool, address: str) -> None:
    """InputError, with the remedy, where an open address would be served to anybody."""
    from storage.users import users as everybody

    with database.read() as c:
        if not local and not everybody(c):
            raise InputError(
                f"{address} can be reached from elsewhere and there are no users: add one with "
                "pikir users add NAME --role operator, or serve on 127.0.0.1"
            )


@users.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Rank, typer.Option(help="viewer reads, coder also labels, operator also handles alerts.")],
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="PIKIR_PASSWORD",
            help="Asked for if left out.",
        ),
    ],
    config: Config = None,
    database: Database = None,
) -> None:
    """Add a user, or change the role and password of one; who was signed in under the name is signed out.

    Example: [bold]pikir users add aigerim --role coder[/bold]
    """
    from dashboard.access.passwords import hashed
    from flows.workspace import open_workspace
    from storage.users import User, write_user

    try:
        stored = hashed(password)
    except ValueError as error:
        raise InputError(str(error)) from error
    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        write_user(c, User(name, role.value, stored))
    console.print(f"{name} is {role.value}; from now on everybody signs in")


@users.command("list")
def listed(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """Users with their roles, and tokens by their labels.

    Example: [bold]pikir users list[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import list_tokens
    from storage.users import users as everybody

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        tokens = list_tokens(c)
        rows = [
            {"name": one.name, "role": one.role, "tokens": ", ".join(t.label for t in tokens if t.user == one.name)}
            for one in everybody(c)
        ]
    print_rows(rows, form, ["name", "role", "tokens"], "Users")


@users.command()
def remove(
    name: Annotated[str, typer.Argument(help="Whose access ends, with sessions and tokens.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Remove a user.

    Example: [bold]pikir users remove aigerim[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import remove_user

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        if not remove_user(c, name):
            raise InputError(f"there is no user {name!r}: pikir users list")
    console.print(f"{name} was removed")


@users.command()
def token(
    name: Annotated[str, typer.Argument(help="The user for whom the program speaks.")],
    label: Annotated[str, typer.Option(help="What the token is for; one of the same label is replaced.")] = "api",
    config: Config = None,
    database: Database = None,
) -> None:
    """Make a token for the API and print it once; only its hash is stored.

    Example: [bold]pikir users token aigerim --label notebook[/bold]
    """
    from dashboard.access.passwords import new_secret
    from flows.workspace import open_workspace
    from storage.users import add_token, user

    secret = new_secret()
    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        if user(c, name) is None:
            raise InputError(f"there is no user {name!r}: pikir users add {name} --role viewer")
        add_token(c, secret, name, label)
    typer.echo(secret)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(dashboard)
    app.add_typer(users, name="users")
