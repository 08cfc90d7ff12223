"""What the tests of the models share: the real encoder and the shipped model, loaded once."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from models.encoder import Encoder, load_encoder
from models.stance import StanceModel


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def shipped(real_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StanceModel]:
    """The model that pikir ships, compiled once for all workers of a test run; the encoder is read once."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.stance.load_encoder", lambda name: real_encoder)
        patch.setenv("PIKIR_CACHE", str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "pikir-cache"))
        model = StanceModel()
        assert model.engine.name  # opened here: at first use a test may have put its own cache folder in place
        yield model
