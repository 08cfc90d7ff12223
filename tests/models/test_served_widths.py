"""The shipped graph answers as torch does at every width that is served: a processor may fail at one of them alone."""

from __future__ import annotations

import numpy as np

from models.calibration_rows import check_pairs
from models.compiled import WIDTH_TOLERANCE, compared, torch_engine
from models.stance import WIDTH, Query, StanceModel


def test_every_width(shipped: StanceModel) -> None:
    queries = [Query(target, " ".join([text] * 20)) for target, text in check_pairs(4, shipped.max_words)]
    long, torch = shipped.rows(queries), torch_engine(shipped.network())
    for width in range(2 * WIDTH, shipped.adapter.max_tokens + 1, WIDTH):
        for rows in ([row[: width - 1] + row[-1:] for row in long], [row[: width - 5] + row[-1:] for row in long]):
            ids = shipped.padded(rows)
            assert ids.shape[1] == width
            difference, _ = compared(shipped.engine.run(ids), torch.run(ids))
            assert difference <= WIDTH_TOLERANCE, f"{width} tokens"
    assert np.isfinite(torch.run(ids)).all()
