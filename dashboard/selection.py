"""Which series somebody looks at: one set of parameters for the page, its charts and the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import HTTPException, Query
from sqlalchemy.engine import Connection

from analysis.comparable import among_of
from analysis.periods import Days, period_bounds
from configs.settings import Settings, TargetSettings
from dashboard.rendering import with_query
from storage.days import day_starts
from storage.polls import polls
from storage.records import Among, Period, Poll, Stance, Voices
from storage.shares import last_starts, share_frame

Group = Literal["all", "source", "language", "region", "narrative"]
# A day, an ISO week or a month of the years that a calendar holds; or nothing.
PERIOD = r"^((19|20)[0-9]{2}-(W(0[1-9]|[1-4][0-9]|5[0-3])|(0[1-9]|1[0-2])(-[0-9]{2})?))?$"
TREND_COLUMNS = (
    "target", "by", "period", "starts", "group", "value", "voices", "among", "stance", "share", "low", "high",
    "n_posts", "n_authors", "n_labels", "n_eff", "deff", "top_author_share", "near_duplicate_share", "method",
    "complete",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """One set of series: the parameters of `/trends` and of `/api/v1/trends`."""

    target: str
    by: Period = "week"
    group: Group = "all"
    value: str = ""
    voices: Voices = "people"
    among: Among = "opinionated"
    first: dt.date | None = None
    last: dt.date | None = None

    def query(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an address, without those that say what goes without saying."""
        defaults = Selection(self.target)
        named = {"first": "from", "last": "to"}
        told = {
            named.get(name, name): getattr(self, name)
            for name in ("by", "group", "value", "voices", "among", "first", "last")
            if getattr(self, name) != getattr(defaults, name)
        }
        return {**told, **changes}

    def address(self, path: str, **changes: Any) -> str:
        """An address under which this selection is shown."""
        return with_query(path, self.query(**changes))

    def posts_address(self, period: str, value: str, stance: Stance | None) -> str:
        """Where the posts behind one point are listed."""
        narrower: dict[str, str] = {str(self.group): value} if self.group != "all" and value else {}
        voice = {"people": "person", "outlets": "outlet", "all": None}[self.voices]
        return with_query(
            "/posts", {"target": self.target, "stance": stance, "period": period, "voice": voice, **narrower}
        )


async def selection(
    target: str,
    by: Annotated[Period, Query(description="The width of a period.")] = "week",
    group: Annotated[
        Group, Query(description="One series, or one for each source, language, region, narrative.")
    ] = "all",
    value: Annotated[
        str, Query(max_length=300, pattern=r"^[^\x00]*$", description="Only this value of the group.")
    ] = "",
    voices: Annotated[Voices, Query(description="People (each counts once), outlets, or all.")] = "people",
    among: Annotated[Among | None, Query(description="Those who take a stance, or all who mention the target.")] = None,
    first: Annotated[
        dt.date | None, Query(alias="from", description="Periods that begin on this day or later.")
    ] = None,
    last: Annotated[dt.date | None, Query(alias="to", description="Periods that begin on this day or earlier.")] = None,
) -> Selection:
    """The selection that an address describes. Narratives are told among all unless the address says otherwise."""
    base: Among = among or ("all" if group == "narrative" else "opinionated")
    return Selection(target, by, group, value, voices, base, first, last)


def known_target(settings: Settings, target: str) -> TargetSettings:
    """The target with this id; 404, naming those there are, where there is none."""
    try:
        return settings.target(target)
    except KeyError:
        names = ", ".join(one.id for one in settings.targets)
        raise HTTPException(404, f"there is no target {target!r}; configured are {names}") from None


def series(c: Connection, chosen: Selection, model: str) -> pl.DataFrame:
    """The shares of a selection as they are stored, ordered by starts, value and stance."""
    frame = share_frame(
        c,
        target=chosen.target,
        by=chosen.by,
        group=chosen.group,
        value=chosen.value or None,
        voices=chosen.voices,
        among=chosen.among,
        model=model,
        first=chosen.first,
        last=chosen.last,
    )
    return frame[list(TREND_COLUMNS)]


def latest(c: Connection, chosen: Selection, model: str, periods: int) -> pl.DataFrame:
    """`series`, of its last periods alone: what came before is not read."""
    starts = latest_starts(c, chosen, model, periods)
    return series(c, replace(chosen, first=starts[-1]) if starts else chosen, model)


def latest_starts(c: Connection, chosen: Selection, model: str, periods: int) -> list[dt.date]:
    """The first days of the last periods of a selection, the latest first."""
    asked = {"target": chosen.target, "by": chosen.by, "group": chosen.group, "voices": chosen.voices}
    if chosen.value:
        asked["value"] = chosen.value
    return last_starts(c, periods, **asked, among=chosen.among, model=model, first=chosen.first, last=chosen.last)


def comparable_polls(c: Connection, chosen: Selection) -> list[Poll]:
    """The polls whose shares are shares of the same base as the selection's: only they may lie on one axis."""
    if chosen.voices != "people" or chosen.group != "all":
        return []
    return [poll for poll in polls(c, chosen.target) if not poll.narrative and among_of(poll) == chosen.among]


def instants(
    settings: Settings, period: str, days: Days | None = None
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The instants [start, end) of a named period, or of days; (None, None) for neither. 422 where it is none."""
    zone = settings.monitor.zone
    if days:
        return day_starts(days.first, zone), day_starts(days.last + dt.timedelta(days=1), zone)
    if not period:
        return None, None
    try:
        return period_bounds(period, zone)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
