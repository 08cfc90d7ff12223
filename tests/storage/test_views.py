"""The views for other programs: on SQLite and PostgreSQL the numbers of the API, and nothing of posts or authors."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage.alerts import store_alert
from storage.coverage import refresh_coverage
from storage.cursors import write_cursor
from storage.database import Database
from storage.polls import replace_comparisons, replace_poll_changes, replace_polls
from storage.posts import upsert_posts
from storage.records import Alert, Comparison, Poll, PollChange, Post, Share, Source
from storage.shares import replace_shares, share_frame
from storage.sources import upsert_source

VIEWS = ("model", "trends", "polls", "poll_changes", "alerts", "sources", "coverage")
MODEL, OLD = "small:v2-1", "small-0"
MONDAY = dt.date(2022, 10, 3)
SECRET = ("тайный текст", "author-pseudonym-77", "a typical post", "aigerim")


def share(model: str, stance: str, value: float | None, group: str = "all", of: str = "") -> Share:
    ends = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Share(
        target="migrants", by="week", period="2022-W40", group=group, value=of, voices="people",
        among="opinionated", stance=stance, model=model, starts=MONDAY, share=value, low=ends[0], high=ends[1],
        n_posts=90, n_authors=60, n_labels=0, n_eff=50.0, deff=1.2,
        method="suppressed" if value is None else "pcc", complete=True,
    )  # fmt: skip


def fill(database: Database) -> None:
    noon = dt.datetime(2022, 10, 3, 6, tzinfo=dt.UTC)
    explanation = {"typical_posts": [{"text": SECRET[2]}]}
    with database.write() as c:
        upsert_source(c, Source("chat", "group", title="A chat", language="ru"))
        upsert_posts(c, [Post("chat", "1", noon, SECRET[0], author=SECRET[1])])
        refresh_coverage(c, ZoneInfo("UTC"), [MONDAY])
        for model, values in ((OLD, (0.9, 0.1)), (MODEL, (0.4, 0.6))):
            told = [share(model, "against", values[0]), share(model, "favor", values[1])]
            told.append(share(model, "against", None, "source", "chat"))
            replace_shares(c, target="migrants", model=model, by="week", periods=["2022-W40"], shares=told)
            write_cursor(c, f"estimate:{model}:digest", "1")
        replace_polls(c, [Poll("p", "DEMOSCOPE", MONDAY, MONDAY, "migrants", "side", {"against": 0.3}, "u", n=1000)])
        ends = (MONDAY, MONDAY)
        judged = [Comparison("p", "migrants", "against", *ends, model, own, 0.3, own - 0.3, 0, 1, 1, 60, 50.0, "above")
                  for model, own in ((OLD, 0.9), (MODEL, 0.4))]  # fmt: skip
        replace_comparisons(c, judged)
        replace_poll_changes(
            c, [PollChange("p", "q", "migrants", "against", MODEL, 0.1, 0.2, 0.1, 0.0, 0.2, 0.9, "above")]
        )
        for window in ("2022-10-03", "2022-W40", "2022-10-03T14", "2021-W01"):
            alert = Alert("rule", "migrants", "all", "", window, "mentions", 9, 3, 5, 2, explanation=explanation)
            store_alert(c, alert, [])


def rows(database: Database, query: str) -> list[dict[str, object]]:
    with database.read() as c:
        return [dict(row) for row in c.execute(sa.text(query)).mappings()]


def test_trends_are_those_of_the_latest_model_as_everywhere_else(database: Database) -> None:
    fill(database)
    with database.read() as c:
        stored = share_frame(c, model=MODEL, voices=None, among=None).drop("model")
    found = rows(database, 'SELECT * FROM pikir_trends ORDER BY "group", value, stance')
    assert len(found) == 3
    for mine, theirs in zip(found, stored.sort("group", "value", "stance").to_dicts(), strict=True):
        assert str(mine.pop("time")).startswith("2022-10-03")
        assert {**mine, "starts": str(mine["starts"]), "complete": bool(mine["complete"])} == {
            **theirs,
            "starts": str(theirs["starts"]),
        }
    assert [row["share"] for row in found] == [0.4, 0.6, None], "small groups are not told"
    assert rows(database, "SELECT model FROM pikir_model") == [{"model": MODEL}]


def test_polls_alerts_sources_and_coverage(database: Database) -> None:
    fill(database)
    (poll,) = rows(database, "SELECT * FROM pikir_polls")
    assert (poll["pollster"], poll["n"], poll["monitor_share"], poll["verdict"]) == ("DEMOSCOPE", 1000, 0.4, "above")
    assert [row["poll_change"] for row in rows(database, "SELECT * FROM pikir_poll_changes")] == [0.1]
    days = rows(database, 'SELECT "window", time FROM pikir_alerts ORDER BY id')
    assert [str(row["time"])[:10] for row in days] == ["2022-10-03", "2022-10-03", "2022-10-03", "2021-01-04"]
    (source,) = rows(database, "SELECT * FROM pikir_sources")
    assert (source["posts"], str(source["first"]), source["empty_days"], source["state"]) == (1, "2022-10-03", 0, None)
    (day,) = rows(database, "SELECT * FROM pikir_coverage")
    assert (str(day["day"]), day["posts"], day["status"]) == ("2022-10-03", 1, "ok")


def test_no_text_and_no_author_is_in_any_view(database: Database) -> None:
    fill(database)
    for view in VIEWS:
        told = str(rows(database, f"SELECT * FROM pikir_{view}"))
        assert not [secret for secret in SECRET if secret in told], view


def test_an_empty_database_has_empty_views(database: Database) -> None:
    assert [rows(database, f"SELECT * FROM pikir_{view}") for view in VIEWS] == [[]] * len(VIEWS)
