"""`python -m evals [--data FOLDER]`: prints every figure beside its floor; status 1 where one falls below."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from evals import suites
from evals.gates import read_floors, run

NEED_DATA = ("data_sets", "language_sets")


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
        "language": suites.language,
        "intervals": suites.intervals,
        "shares": suites.shares,
        "polls": suites.polls,
        "spikes": suites.spikes,
        "alerts": suites.alerts,
        "speed": suites.speed,
        "collecting": suites.collecting,
        "page": suites.page,
        "data_sets": lambda: suites.data_sets(Path(asked.data)),
        "language_sets": lambda: suites.language_sets(Path(asked.data)),
    }
    wanted = asked.suite or [name for name in floors if name not in NEED_DATA or asked.data]
    fell = 0
    for result in run(known, {name: floors[name] for name in wanted}):
        fell += not result.holds
        sys.stdout.write(
            f"{'ok  ' if result.holds else 'FELL'} {result.name:<40} {result.value:8.3f}  {result.floor}\n"
        )
        sys.stdout.flush()
    if left_out := [name for name in NEED_DATA if name not in wanted]:
        sys.stdout.write(f"not measured without --data FOLDER (docs/data.md): {', '.join(left_out)}\n")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
