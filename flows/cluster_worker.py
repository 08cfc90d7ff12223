"""What a worker of a Dask cluster does with a span of revisions; its process keeps the model from span to span
and runs it on as many threads as the worker was given (`dask worker --nthreads`).

Beside the task, not in it: Dask sends a task's function by value, and what a process keeps cannot be sent.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from distributed import get_worker

from configs.loading import load
from configs.settings import Settings
from flows.annotate import Annotated, annotate_batch
from models.annotator import Annotator, open_annotator
from storage.database import open_database
from storage.posts import changed_posts

_turn = threading.Lock()


class ClusterError(RuntimeError):
    """The cluster cannot be reached, or its workers are not like this process; says what to do."""


def read_span(version: str, after: int, until: int, config: str | None, database: str | None) -> Annotated:
    """The posts with after < revision <= until, read by the model `version`; ClusterError where this worker has none.

    `database`: a URL that goes before PIKIR_DATABASE and monitor.yaml, both as the worker sees them.
    """
    # One span at a time in a process: two would only fight for the same cores.
    with _turn:
        worker = _worker_with(version, config)
        with open_database(database or os.environ.get("PIKIR_DATABASE") or worker.settings.monitor.database) as opened:
            with opened.read() as c:
                stored = [one for one in changed_posts(c, after, until - after) if one.revision <= until]
            return annotate_batch(opened, worker.annotator, stored) if stored else Annotated(version)


@dataclass(frozen=True)
class Worker:
    """What a worker's process keeps from one span to the next."""

    settings: Settings
    annotator: Annotator


def _worker_with(version: str, config: str | None) -> Worker:
    if _worker(config).annotator.version != version:
        _worker.cache_clear()  # the files may have changed since this process read them
    worker = _worker(config)
    if worker.annotator.version != version:
        raise ClusterError(
            f"the worker reads with {worker.annotator.version}, the run with {version}: "
            "give both the same pikir, adapter and targets"
        )
    return worker


@lru_cache(maxsize=1)
def _worker(config: str | None) -> Worker:
    settings = load(Path(config) if config else None)
    return Worker(settings, open_annotator(settings, get_worker().state.nthreads))
