"""`python -m fuzz`: so many inputs in all, each target its share; a crash is kept as a file, told with its trace, and
gives status 1.

With `--atheris` the inputs follow the coverage of the code (atheris has to be installed: pip install atheris), one
target at a time; without it they are made by blind changes of real files.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("DO_NOT_TRACK", "1")

SLOWEST = 20
"""Seconds of processor time after which one input counts as a crash: nothing that small may take as long."""


def main() -> int:
    """Runs what was asked for; the number of crashes, at most 1, is the status."""
    asked = _asked()
    from fuzz.targets import SHARES

    if asked.atheris:
        return _guided(asked.target or "export", asked.inputs)
    warnings.simplefilter("ignore")
    shares = {asked.target: 100} if asked.target else SHARES
    counts = {name: asked.inputs * share // 100 for name, share in shares.items()}
    crashes = sum(_blind(name, count, asked.seed, Path(asked.crashes)) for name, count in counts.items())
    print(f"{crashes} crashes")
    return min(crashes, 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=70_000, help="inputs in all; the targets' shares are fixed")
    parser.add_argument(
        "--target", default="", help="one target alone: export, labels, page, date, text, config, backup"
    )
    parser.add_argument("--seed", type=int, default=0, help="equal seeds give equal inputs")
    parser.add_argument("--crashes", default="var/fuzz", help="the folder in which crashing inputs are kept")
    parser.add_argument("--atheris", action="store_true", help="follow coverage, of one target; needs atheris")
    return parser.parse_args()


def _blind(name: str, inputs: int, seed: int, folder: Path) -> int:
    """The crashes of one target; of several with one place in the code the first is kept."""
    from fuzz.mutation import mutated
    from fuzz.targets import TARGETS, seeds

    run, known, draw = TARGETS[name], seeds(name), random.Random(f"{name}/{seed}")
    places: set[str] = set()
    began = time.monotonic()
    signal.signal(signal.SIGVTALRM, _too_long)
    for number in range(inputs):
        data = known[number] if number < len(known) else mutated(known, draw)
        signal.setitimer(signal.ITIMER_VIRTUAL, SLOWEST)
        try:
            run(data)
        except Exception as error:  # whatever comes out is what is looked for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.filename}:{frame.lineno} {type(error).__name__}"
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            if place not in places:
                places.add(place)
                _keep(folder, name, data)
                print(f"{name}: {place}: {error}", file=sys.stderr)
                traceback.print_exc(limit=8)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = time.monotonic() - began
    print(f"{name}: {inputs:,} inputs in {took:.0f} s, {len(places)} crashes", flush=True)
    return len(places)


def _guided(name: str, inputs: int) -> int:
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with atheris.instrument_imports(include=["collectors", "configs", "storage"]):
        from fuzz.targets import ROOT, TARGETS
    atheris.Setup([sys.argv[0], str(ROOT / "fuzz" / "corpus" / name), f"-atheris_runs={inputs}"], TARGETS[name])
    atheris.Fuzz()
    return 0


def _keep(folder: Path, name: str, data: bytes) -> None:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def _too_long(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"one input took more than {SLOWEST} s")


if __name__ == "__main__":
    try:
        status = main()
    finally:
        if "fuzz.targets" in sys.modules:
            shutil.rmtree(sys.modules["fuzz.targets"].folder(), ignore_errors=True)
    sys.exit(status)
