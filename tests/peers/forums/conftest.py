"""Forums of real software, set up on demand. Only Misago may be missing: it needs a PostgreSQL with hstore."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "collectors"))

from forum_peers import HYPERKITTY, MISAGO, SPIRIT, Peer, Software
from postgresql import binaries, postgresql


@pytest.fixture(params=[SPIRIT, HYPERKITTY, MISAGO], ids=lambda software: software.name)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """A forum with several pages of Russian and Kazakh threads."""
    software: Software = request.param
    if software is MISAGO and binaries() is None:
        pytest.skip("Misago needs a PostgreSQL server with hstore: apt-get install postgresql")
    with ExitStack() as stack:
        variables: dict[str, str] = {}
        if software is MISAGO:
            # Its server runs as another user, who may not enter pytest's folders, and sockets take short paths only.
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)))
            place.chmod(0o755)
            variables = stack.enter_context(postgresql(place / "server"))
        yield stack.enter_context(Peer(software, tmp_path, variables))
