"""Turns around collecting: one process reads a source, and only so many ask one account or one host at a time.

They hold over all processes and machines that share the store, whether `pikir`, `pikir serve` or workers of Prefect.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import urlsplit

from collectors.collector import SourcePostponed
from configs.settings import SourceSettings
from flows.runs import WAIT_SECONDS, stopping
from flows.workspace import Workspace
from storage.errors import LeaseTaken
from storage.leases import lease

_log = logging.getLogger(__name__)


@contextmanager
def turn(workspace: Workspace, source: str, places: Iterable[str] = (), limit: int = 1) -> Iterator[None]:
    """Read `source` inside the block, holding one of `limit` slots of each of `places` (an account, hosts).

    Waits up to an hour where others have them; SourcePostponed after that: the next run reads the source.
    """
    wanted = [(f"source {source}", 1), *((place, limit) for place in sorted(set(places)))]
    with ExitStack() as stack:
        for name, many in wanted:
            held = lease(
                workspace.database,
                name,
                limit=many,
                wait_seconds=WAIT_SECONDS,
                waiting=partial(_log.info, "%s waits for %s, which another process has", source, name),
                given_up=stopping.is_set,
            )
            try:
                stack.enter_context(held)
            except LeaseTaken as error:
                raise SourcePostponed(f"{error}; the next run reads this source") from error
        yield


def hosts(form: SourceSettings) -> list[str]:
    """The slots of the hosts that a source is read from over the web."""
    if form.web is None:
        return []
    starts = [urlsplit(address).netloc for address in (*form.web.start, form.address)]
    return sorted({f"host {host.lower()}" for host in (*starts, *form.web.hosts) if host})
