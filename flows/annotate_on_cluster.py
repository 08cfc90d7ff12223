"""Annotate on a Dask cluster: spans of revisions go to its workers, each of which loads the model once.

A worker that dies costs its spans, which another reads again; what a span writes replaces what it wrote before, so
that the result is the same however often it is read. The cursor moves over a span when it and all before it are done.
Workers need the same pikir, configuration and database as the process that asks.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect_dask.task_runners import DaskTaskRunner

from configs.settings import ClusterSettings
from flows.annotate import Annotated, cursor_name
from flows.cluster_worker import ClusterError, read_span
from flows.hooks import flow
from flows.progress import track
from flows.workspace import open_workspace
from storage.cursors import read_cursor, write_cursor
from storage.database import Database
from storage.posts import latest_revision


def annotate_on_cluster(cluster: ClusterSettings, version: str, config: str | None, database: str | None) -> Annotated:
    """As `annotate_new`, on the workers of the cluster. ClusterError where no scheduler answers."""
    runner: Any = DaskTaskRunner(address=cluster.address, client_kwargs={"timeout": cluster.timeout})
    spread = flow("annotate on the cluster", runner)(annotate_spans)
    try:
        return spread(version, config, database)
    except OSError as error:
        raise ClusterError(
            f"no Dask scheduler answers at {cluster.address} ({error}); start one (`dask scheduler`), or leave out "
            "`cluster.address` in monitor.yaml to annotate in this process"
        ) from error


# What this flow is given goes to the workers with each task: names alone, nothing that is open.
def annotate_spans(version: str, config: str | None, database: str | None) -> Annotated:
    """Hands out every span behind the cursor, so many at a time, and moves the cursor as they come back in order."""
    cursor = cursor_name(version)
    with open_workspace(config, database) as workspace:
        monitor, stored = workspace.settings.monitor, workspace.database
        with stored.read() as c:
            after, last = int(read_cursor(c, cursor) or 0), latest_revision(c)
        waiting: deque[tuple[int, Any]] = deque()
        total = Annotated(version)
        with track("annotate", float(last - after)) as advance:
            for start in range(after, last, monitor.batch_size):
                end = min(start + monitor.batch_size, last)
                waiting.append((end, annotate_span.submit(version, start, end, config, database)))
                while waiting and (end == last or len(waiting) >= monitor.cluster.ahead):
                    total = total.plus(_done(stored, cursor, *waiting.popleft()))
                    advance(float(monitor.batch_size))
    return total


def _done(database: Database, cursor: str, end: int, future: Any) -> Annotated:
    result: Annotated = future.result()
    with database.write() as c:
        write_cursor(c, cursor, str(end))
    return result


@task(retries=2, retry_delay_seconds=[5, 30], cache_policy=NO_CACHE, task_run_name="annotate {after}-{until}")
def annotate_span(version: str, after: int, until: int, config: str | None, database: str | None) -> Annotated:
    """One span of revisions, on a worker."""
    return read_span(version, after, until, config, database)
