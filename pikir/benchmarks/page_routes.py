"""What readers of the page ask for: every page, the main variants, the charts and the API, each with its share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

from pikir.benchmarks.page_world import DAYS, FIRST, LANGUAGES, REGIONS, SOURCES, TARGETS

_PERIODS = ("day", "week", "week", "week", "month")
_WORDS = ("мигрантами", "россия", "карен", "солгу", "жанмир -россия", "татедос", '"мигранты"', "лебота нивер")


@dataclass(frozen=True)
class Route:
    """One kind of request. `kind`: page, chart (its specification), picture (SVG, PNG) or api."""

    name: str
    kind: str
    weight: int
    address: Callable[[Random], str]


def _asked(path: str, **parameters: object) -> str:
    told = {name.rstrip("_"): value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(told)}" if told else path


def _target(rng: Random) -> str:
    return rng.choice(TARGETS)


def _day(rng: Random) -> dt.date:
    return FIRST + dt.timedelta(days=rng.randrange(DAYS))


def _week(rng: Random) -> str:
    year, week, _ = _day(rng).isocalendar()
    return f"{year}-W{week:02d}"


def _series(rng: Random) -> dict[str, object]:
    """One of some hundreds of permalinks of a trend."""
    group = rng.choice(["all", "all", "source", "language", "region"])
    values = {"all": [""], "source": ["", *(name for _, name in SOURCES)], "language": ["", *LANGUAGES]}
    first = _day(rng) if rng.random() < 0.3 else None
    return {
        "by": rng.choice(_PERIODS),
        "group": group,
        "value": rng.choice(values.get(group, list(REGIONS))),
        "voices": rng.choice(["people", "people", "people", "outlets"]),
        "among": rng.choice(["opinionated", "opinionated", "all"]),
        "from": first,
    }


def _evidence(rng: Random) -> dict[str, object]:
    """The posts behind one point of a chart."""
    narrower = rng.choice(
        [
            {},
            {},
            {"source": rng.choice(SOURCES)[1]},
            {"language": rng.choice(LANGUAGES)},
            {"region": rng.choice(REGIONS)},
        ]
    )
    period = rng.choice([_week(rng), _week(rng), _day(rng).isoformat(), f"{_day(rng):%Y-%m}"])
    stance = rng.choice(["against", "favor", "neutral", ""])
    return {"target": _target(rng), "stance": stance, "period": period, "voice": "person", **narrower}


ROUTES = (
    Route("overview", "page", 12, lambda rng: "/"),
    Route("overview, another language", "page", 3, lambda rng: _asked("/", lang=rng.choice(["ru", "kk"]))),
    Route("trends", "page", 8, lambda rng: f"/trends/{_target(rng)}"),
    Route("trends, a permalink", "page", 6, lambda rng: _asked(f"/trends/{_target(rng)}", **_series(rng))),
    Route("trends, by narrative", "page", 2, lambda rng: _asked(f"/trends/{_target(rng)}", group="narrative")),
    Route("polls", "page", 4, lambda rng: f"/polls/{_target(rng)}"),
    Route("alerts", "page", 4, lambda rng: _asked("/alerts", state=rng.choice(["", "open", "closed"]))),
    Route("one alert", "page", 4, lambda rng: f"/alerts/{rng.randint(1, 300)}"),
    Route("posts, newest", "page", 3, lambda rng: "/posts"),
    Route("posts, of a stance", "page", 3, lambda rng: _asked("/posts", target=_target(rng), stance="against")),
    Route("posts, behind a point", "page", 8, lambda rng: _asked("/posts", **_evidence(rng))),
    Route("posts, by words", "page", 4, lambda rng: _asked("/posts", q=rng.choice(_WORDS))),
    Route("posts, by words and week", "page", 2, lambda rng: _asked("/posts", q=rng.choice(_WORDS), period=_week(rng))),
    Route("audit", "page", 3, lambda rng: "/audit/migrants"),
    Route("sources", "page", 4, lambda rng: "/sources"),
    Route("method", "page", 2, lambda rng: "/method"),
    Route("chart: trend", "chart", 8, lambda rng: f"/charts/trend/{_target(rng)}.json"),
    Route("chart: a permalink", "chart", 5, lambda rng: _asked(f"/charts/trend/{_target(rng)}.json", **_series(rng))),
    Route("chart: smoothed", "chart", 2, lambda rng: _asked(f"/charts/trend/{_target(rng)}.json", smooth="true")),
    Route(
        "chart: small multiples", "chart", 2, lambda rng: _asked(f"/charts/trend/{_target(rng)}.json", group="source")
    ),
    Route("chart: polls", "chart", 3, lambda rng: f"/charts/polls/{_target(rng)}.json"),
    Route("chart: coverage", "chart", 3, lambda rng: "/charts/coverage.json"),
    Route("picture: trend", "picture", 2, lambda rng: f"/charts/trend/{_target(rng)}.{rng.choice(['svg', 'png'])}"),
    Route("picture: alert", "picture", 2, lambda rng: f"/alerts/{rng.randint(1, 40)}/chart.png"),
    Route("api: trends", "api", 5, lambda rng: _asked(f"/api/v1/trends/{_target(rng)}", **_series(rng))),
    Route("api: trends, CSV", "api", 2, lambda rng: _asked(f"/api/v1/trends/{_target(rng)}", format="csv")),
    Route("api: polls", "api", 2, lambda rng: _asked("/api/v1/polls", target=_target(rng))),
    Route("api: alerts", "api", 2, lambda rng: "/api/v1/alerts"),
    Route("api: posts", "api", 4, lambda rng: _asked("/api/v1/posts", **_evidence(rng))),
    Route("api: sources", "api", 2, lambda rng: "/api/v1/sources"),
    Route("scripts", "static", 2, lambda rng: "/static/vega.js"),
)


def drawn(rng: Random) -> Route:
    """A route by its weight."""
    return rng.choices(ROUTES, [one.weight for one in ROUTES])[0]
