"""`python -m evals [--data FOLDER]`: prints every figure beside its floor; status 1 where one falls below."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from evals import suites
from evals.gates import read_floors, run
from evals.polls import polls


def main() -> int:
    """Measures the suites that can be measured here."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("PIKIR_DATA"), help="folder of the labelled sets")
    floors = read_floors()
    parser.add_argument("--suite", action="append", choices=list(floors), help="only this suite; may repeat")
    asked = parser.parse_args()
    known = {
        "stance": suites.stance,
        "sample": suites.sample,
        "narratives": suites.narratives,
        "mentions": suites.mentions,
        "intervals": suites.intervals,
        "spikes": suites.spikes,
        "polls": polls,
        "speed": suites.speed,
        "data_sets": lambda: suites.data_sets(Path(asked.data)),
    }
    wanted = asked.suite or [name for name in floors if name != "data_sets" or asked.data]
    fell = 0
    for result in run(known, {name: floors[name] for name in wanted}):
        fell += not result.holds
        sys.stdout.write(
            f"{'ok  ' if result.holds else 'FELL'} {result.name:<40} {result.value:8.3f}  {result.floor}\n"
        )
        sys.stdout.flush()
    if "data_sets" not in wanted:
        sys.stdout.write("data_sets were not measured: --data FOLDER (docs/data.md says where each set comes from)\n")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
