"""`python -m pikir.sample` rebuilds the sample; with --check it only compares, and fails where something differs."""

from __future__ import annotations

import argparse
import sys

from pikir.sample.build import build, differing, write
from pikir.sample.pool import read_pool
from pikir.sample.simulate import simulate


def main() -> int:
    """Status 1 where --check finds a file that the sources do not give."""
    parser = argparse.ArgumentParser(prog="python -m pikir.sample", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is there")
    checking = parser.parse_args().check
    content = build(simulate(read_pool()))
    if not checking:
        write(content)
    wrong = differing(content)
    told = [f"{name}: is not what texts.jsonl gives; run `python -m pikir.sample`" for name in wrong]
    sys.stdout.write(
        "\n".join(told or [f"{name}: {len(raw):,} bytes unpacked" for name, raw in content.items()]) + "\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
