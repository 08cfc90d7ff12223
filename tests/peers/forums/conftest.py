"""Forums of real software, set up on demand; nobody skips them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "collectors"))

from forum_peers import HYPERKITTY, SPIRIT, Peer, Software


@pytest.fixture(params=[SPIRIT, HYPERKITTY], ids=lambda software: software.name)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """A forum with several pages of Russian and Kazakh threads."""
    software: Software = request.param
    with Peer(software, tmp_path) as running:
        yield running
