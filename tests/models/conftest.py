"""What the tests of the models share: the real encoder and the shipped model, loaded once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.encoder import Encoder, load_encoder
from models.stance import StanceModel


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def shipped(real_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StanceModel]:
    """The model that pikir ships, compiled into a cache of its own; the encoder is read from the disk once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.stance.load_encoder", lambda name: real_encoder)
        patch.setenv("PIKIR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield StanceModel()
