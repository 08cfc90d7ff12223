"""`pikir dashboard`: the web page and its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pikir.cli.options import Config, Database
from pikir.cli.output import InputError, console

if TYPE_CHECKING:
    from configs.dashboard import DashboardSettings

# Each of a handful of connections may use so much of the memory of a server that also has other things to hold.
_CACHE_MIB = 1
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(dashboard)


def dashboard(
    host: Annotated[str | None, typer.Option(help="The address to listen on; left out, monitor.yaml's.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="The port; left out, monitor.yaml's.")] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Serve the page and the API, on this computer alone unless users are configured.

    Example: [bold]pikir dashboard --port 8765[/bold]
    """
    import uvicorn

    from dashboard.app import create_app
    from dashboard.startup import prepare, spare_memory, take_short_turns
    from flows.workspace import open_workspace
    from storage.users import users

    spare_memory()
    take_short_turns()
    with open_workspace(config, database, cache_mib=_CACHE_MIB) as workspace:
        told = workspace.settings.monitor.dashboard
        address, number = host or told.host, port or told.port
        with workspace.database.read() as c:
            anybody = bool(users(c))
        if not anybody and (opens := _opens(address, told)):
            raise InputError(
                f"{opens}, and there are no users: add one first (pikir users add NAME --role operator), "
                "or leave it out"
            )
        # The address that is listened on is a name that may be asked for, also where it comes from the command line.
        monitor = workspace.settings.monitor.model_copy(update={"dashboard": told.model_copy(update={"host": address})})
        settings = workspace.settings.model_copy(update={"monitor": monitor})
        console.print(f"http://{address}:{number}", markup=False)
        app = create_app(settings, workspace.database, local=address in _LOOPBACK)
        prepare(app.state.pikir)
        uvicorn.run(app, host=address, port=number, log_level="warning", server_header=False, proxy_headers=False)


def _opens(address: str, told: DashboardSettings) -> str:
    """What lets people in from other computers; "" where nothing does."""
    if address not in _LOOPBACK:
        return f"--host {address} can be reached from other computers"
    if told.trusted_header or told.hosts:
        name = "trusted_header" if told.trusted_header else "hosts"
        return f"monitor.yaml, dashboard: {name} says that others reach the page through a proxy"
    return ""
