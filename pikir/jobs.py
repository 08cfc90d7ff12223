"""What `pikir serve` can run: the flows of `configs.schedule.FLOWS`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flows.alert import raise_alerts
from flows.annotate import annotate_posts
from flows.collect import collect
from flows.compare import compare_polls
from flows.deliver import deliver
from flows.estimate import estimate_shares
from flows.maintain import maintain
from flows.monitor import monitor
from flows.scheduler import Job
from pikir.reports import write_report

_log = logging.getLogger(__name__)

# Under Prefect, for its retries and its history. The rest are functions that a server of Prefect would only slow down.
_FLOWS: Mapping[str, Callable[..., object]] = {
    "run": monitor,
    "collect": collect,
    "annotate": annotate_posts,
    "estimate": estimate_shares,
    "compare": compare_polls,
    "alert": raise_alerts,
}
_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "deliver": deliver.fn,
    "maintain": maintain.fn,
    "report": write_report.fn,
}


def jobs(config: str | None, database: str | None) -> dict[str, Job]:
    """A job for each flow that can be scheduled, on this configuration and database."""

    def job(work: Callable[..., object], *, orchestrated: bool) -> Job:
        def run() -> object:
            if orchestrated:
                revive()
            return work(config, database)

        return run

    return {name: job(work, orchestrated=True) for name, work in _FLOWS.items()} | {
        name: job(work, orchestrated=False) for name, work in _FUNCTIONS.items()
    }


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
