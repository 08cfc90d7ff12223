"""`pikir users` and `pikir tokens`: who may read the page, and which programs may ask the API."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from pikir.cli.options import Config, Database, Form
from pikir.cli.output import Format, InputError, console, print_rows

users_app = typer.Typer(help="Users of the page: add, list, remove.", no_args_is_help=True)
tokens_app = typer.Typer(help="Keys of programs that ask the API: add, list, remove.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The user's name: 1 to 64 characters.")]
Label = Annotated[str, typer.Argument(help="What tells this token from the user's others.")]


class RoleName(StrEnum):
    """The roles; each may do what those before it may."""

    viewer = "viewer"
    coder = "coder"
    operator = "operator"


@users_app.command("add")
def add_user(
    name: Name,
    role: Annotated[RoleName, typer.Option(help="viewer reads, coder labels, operator handles alerts.")] = (
        RoleName.viewer
    ),
    config: Config = None,
    database: Database = None,
) -> None:
    """Add a user or change one; the password is asked for, or read from standard input when that is no terminal.

    Example: [bold]pikir users add aigerim --role coder[/bold]
    """
    from dashboard.access.passwords import hashed
    from flows.workspace import open_workspace
    from storage.users import User, write_user

    if not name or name != name.strip() or len(name) > 64 or not name.isprintable() or name == "local":
        raise InputError(f"the name {name[:80]!r} is not usable: give 1 to 64 printable characters, not 'local'")
    try:
        password = hashed(_password())
    except ValueError as error:
        raise InputError(str(error)) from None
    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        write_user(c, User(name, role.value, password))
    console.print(f"{name} may sign in as {role.value}", markup=False)


@users_app.command("list")
def list_users(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """Everybody who may sign in.

    Example: [bold]pikir users list[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import users

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = [{"name": one.name, "role": one.role} for one in users(c)]
    print_rows(rows, form, ["name", "role"], "Users")


@users_app.command("remove")
def remove_user(name: Name, config: Config = None, database: Database = None) -> None:
    """Remove a user, with all sign-ins and tokens.

    Example: [bold]pikir users remove aigerim[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import remove_user as remove

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        if not remove(c, name):
            raise InputError(f"there is no user {name!r}; pikir users list names them")
    console.print(f"{name} is removed", markup=False)


@tokens_app.command("add")
def add_token(name: Name, label: Label, config: Config = None, database: Database = None) -> None:
    """Make a token and print it once; it speaks for the user in the header Authorization: Bearer.

    Example: [bold]pikir tokens add aigerim notebook[/bold]
    """
    from dashboard.access.passwords import new_secret
    from flows.workspace import open_workspace
    from storage.users import add_token as store
    from storage.users import user

    secret = new_secret()
    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        if user(c, name) is None:
            raise InputError(f"there is no user {name!r}; add one first: pikir users add {name}")
        store(c, secret, name, label)
    typer.echo(secret)


@tokens_app.command("list")
def list_tokens(form: Form = Format.table, config: Config = None, database: Database = None) -> None:
    """Every token by user and label; the tokens themselves are not stored.

    Example: [bold]pikir tokens list[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import list_tokens as read

    with open_workspace(config, database) as workspace, workspace.database.read() as c:
        rows = [{"user": one.user, "label": one.label, "created_at": one.created_at} for one in read(c)]
    print_rows(rows, form, ["user", "label", "created_at"], "Tokens")


@tokens_app.command("remove")
def remove_token(name: Name, label: Label, config: Config = None, database: Database = None) -> None:
    """Withdraw a token.

    Example: [bold]pikir tokens remove aigerim notebook[/bold]
    """
    from flows.workspace import open_workspace
    from storage.users import remove_token as remove

    with open_workspace(config, database) as workspace, workspace.database.write() as c:
        if not remove(c, name, label):
            raise InputError(f"{name!r} has no token {label!r}; pikir tokens list names them")
    console.print(f"the token {label} of {name} is withdrawn", markup=False)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
