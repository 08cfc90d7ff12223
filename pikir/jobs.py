"""What `pikir serve` can run: the flows of `configs.schedule.FLOWS`."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable
from functools import partial

from prefect import Flow

from flows.scheduler import Job

_log = logging.getLogger(__name__)

# Under Prefect, for its retries and its history.
_FLOWS = {
    "run": "flows.monitor:monitor",
    "collect": "flows.collect:collect",
    "annotate": "flows.annotate:annotate_posts",
    "estimate": "flows.estimate:estimate_shares",
    "compare": "flows.compare:compare_polls",
    "alert": "flows.alert:raise_alerts",
}
# As functions: a server of Prefect would only slow them down.
_FUNCTIONS = {
    "deliver": "flows.deliver:deliver",
    "maintain": "flows.maintain:maintain",
    "report": "flows.report:issue_reports",
}


def jobs(names: Iterable[str], config: str | None, database: str | None) -> dict[str, Job]:
    """A job for each of these flows, on this configuration and database. Only what they need is imported."""
    return {name: _job(name, config, database) for name in names}


def _job(name: str, config: str | None, database: str | None) -> Job:
    if name in _FUNCTIONS:
        return partial(_imported(_FUNCTIONS[name]).fn, config, database)
    return partial(_orchestrated, _imported(_FLOWS[name]), config, database)


def _imported(place: str) -> Flow[..., object]:
    module, _, name = place.partition(":")
    flow: Flow[..., object] = getattr(importlib.import_module(module), name)
    return flow


def _orchestrated(flow: Flow[..., object], config: str | None, database: str | None) -> object:
    revive()
    return flow(config, database)


def revive() -> None:
    """Forget Prefect's server of this process where it has died, so that the next flow starts another.

    Prefect starts one with the first flow where no PREFECT_API_URL names a server, and never looks whether it lives.
    """
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    process = server.server_process
    if server.running and process is not None and process.poll() is not None:
        _log.warning("Prefect's server ended with status %s; another is started", process.returncode)
        server.stop()
