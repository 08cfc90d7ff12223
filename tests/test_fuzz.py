"""A few inputs to every fuzzing target, so that the targets themselves stay sound; the long run is `python -m fuzz`."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.mutation import LONGEST, mutated
from fuzz.targets import SHARES, TARGETS, seeds


@pytest.mark.parametrize("name", sorted(TARGETS))
@pytest.mark.filterwarnings("ignore")
def test_wild_input_breaks_nothing(name: str) -> None:
    known, draw = seeds(name), random.Random(name)
    for _ in range(8):
        TARGETS[name](mutated(known, draw))


def test_inputs_are_bounded_and_repeatable() -> None:
    known = [b"x" * 50_000, b"abc"]
    one, other = ([mutated(known, draw) for _ in range(50)] for draw in (random.Random(1), random.Random(1)))
    assert one == other
    assert max(map(len, one)) <= LONGEST


def test_the_kept_corpus_crashes_nothing_any_more() -> None:
    folder = Path(__file__).parent.parent / "fuzz" / "corpus"
    for path in sorted(folder.glob("*/*")):
        TARGETS[path.parent.name](path.read_bytes())


def test_the_inputs_are_shared_among_all_targets() -> None:
    assert SHARES.keys() == TARGETS.keys()
    assert sum(SHARES.values()) == 100


def test_a_run_tells_how_many_inputs_each_target_had(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "fuzz", "--inputs", "200", "--seed", "3", "--crashes", str(tmp_path / "crashes")]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120).stdout
    assert [f"{name}: {200 * share // 100} inputs" in told for name, share in SHARES.items()] == [True] * len(SHARES)
    assert told.endswith("0 crashes\n")
