"""What Prefect keeps of a run: its parameters and how it ended, and no password."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.compare import compare_polls
from storage.errors import StorageError

ADDRESS = "postgresql://pikir:s3cret@127.0.0.1:9/nowhere"


def test_a_password_in_an_address_reaches_nothing_that_prefect_keeps(checkout: Path) -> None:
    with pytest.raises(StorageError):
        compare_polls(str(checkout / "configs"), ADDRESS)
    with get_client(sync_client=True) as client:
        kept = [run for run in client.read_flow_runs() if "nowhere" in str(run.parameters)]
        assert [run.parameters["database"] for run in kept] == ["postgresql://***@127.0.0.1:9/nowhere"]
        assert "s3cret" not in "".join(run.model_dump_json() for run in kept)
