"""`schedule:` in monitor.yaml: which flow `pikir serve` runs when."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, model_validator

from configs.forms import Form

FLOWS = ("run", "collect", "annotate", "estimate", "compare", "alert", "deliver", "maintain", "report")
_EVERY = re.compile(r"^every\s+(\d{1,6})\s*(s|m|h|d)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_STAGES = ("collect", "annotate", "estimate", "compare", "alert", "maintain")


def interval_of(due: str) -> dt.timedelta | None:
    """The interval of `every 15m`; None for a cron expression."""
    found = _EVERY.match(due)
    return dt.timedelta(seconds=int(found.group(1)) * _SECONDS[found.group(2)]) if found else None


def _checked(due: str) -> str:
    due = " ".join(due.split())
    if due.startswith("every"):
        interval = interval_of(due)
        if not interval:
            raise ValueError("it is no interval: write `every` with a number of s, m, h or d, for example every 15m")
        return due
    try:
        next(CronSim(due, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    except (CronSimError, StopIteration) as error:
        said = f" ({error})" if str(error) else " (no such day ever comes)"
        raise ValueError(f"it is neither `every 15m` nor a cron expression{said}, for example 0 */2 * * *") from None
    return due


Due = Annotated[
    str,
    AfterValidator(_checked),
    Field(json_schema_extra={"allowed": "a cron expression (0 */2 * * *), or every 30s, 15m, 6h, 1d"}),
]


class ScheduleSettings(Form):
    """When `pikir serve` runs each flow, in the monitor's time zone; left out, a flow runs only when asked for."""

    run: Due | None = None
    """The whole job: collect, annotate, estimate, compare, alert, maintain. Without any flow named here: every 1h."""
    collect: Due | None = None
    """Collecting alone; the same goes for the other stages. What is under `run` is not named here again."""
    annotate: Due | None = None
    """Reading what is new with the model."""
    estimate: Due | None = None
    """Estimating the periods with new opinions."""
    compare: Due | None = None
    """Comparing with polls."""
    alert: Due | None = None
    """Looking for spikes and outages, and delivering."""
    deliver: Due | None = None
    """Delivering alone: what was in quiet hours, is to be escalated, or failed before."""
    maintain: Due | None = None
    """Purging texts that were kept long enough, and old records of runs."""
    report: Due | None = None
    """The report that is due (`report`), which `run` makes as well."""
    late_after: Annotated[int, Field(ge=1, le=1000)] = 2
    """A flow without a finished run for more than so many of its intervals is late: the operator is told."""
    collect_per_host: Annotated[int, Field(ge=1, le=16)] = 1
    """So many processes may read one forum's host at the same time, over all workers on this store."""

    @model_validator(mode="after")
    def _stages_once(self) -> ScheduleSettings:
        doubled = [name for name in _STAGES if self.run and getattr(self, name)]
        if doubled:
            raise ValueError(f"`run` does {', '.join(doubled)} too: leave out `run`, or these")
        return self

    @property
    def plan(self) -> dict[str, str]:
        """When each scheduled flow is due; the whole job every hour, and deliveries every minute, where none is."""
        named = {name: due for name in FLOWS if (due := getattr(self, name))}
        return named or {"run": "every 1h", "deliver": "every 1m"}
