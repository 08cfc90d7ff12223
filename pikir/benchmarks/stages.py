"""The stages of one run in a process of their own: `python -m pikir.benchmarks.stages CONFIG DATABASE`.

Prints one line of JSON: seconds by stage, posts, opinions, shares and alerts, and the most memory ever held (MiB).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

STAGES = ("import", "annotate", "estimate", "compare", "alert", "maintain")


def run(config: str, database: str) -> dict[str, Any]:
    """Runs what `pikir run` runs, in its order; the seconds of a stage are by the clock."""
    from flows.alert import raise_alerts
    from flows.annotate import annotate_posts
    from flows.collect import collect
    from flows.compare import compare_polls
    from flows.estimate import estimate_shares
    from flows.maintain import maintain

    seconds: dict[str, float] = {}

    def timed(stage: str, flow: Callable[..., Any]) -> Any:
        started = time.perf_counter()
        result = flow(config, database)
        seconds[stage] = time.perf_counter() - started
        return result

    collected = timed("import", collect)
    annotated = timed("annotate", annotate_posts)
    estimated = timed("estimate", estimate_shares)
    timed("compare", compare_polls)
    alerted = timed("alert", raise_alerts)
    timed("maintain", maintain)
    return {
        "seconds": seconds,
        "posts": sum(one.new for one in collected),
        "errors": [one.error for one in collected if one.error],
        "opinions": annotated.opinions,
        "shares": estimated.shares,
        "alerts": alerted.raised,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], sys.argv[2])) + "\n")
