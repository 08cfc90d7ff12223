"""What is kept is what would be made; it is made once, in bounds, and made anew when something changed."""

import datetime as dt
import json
import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from analysis.change import ENOUGH, changes_since, latest_changes, probability_of_rise
from dashboard.cache import Cache, Latest
from dashboard.drawing import DrawingFailed, Helper
from dashboard.report import report
from dashboard.state import State
from pikir.cli.app import app
from storage.alerts import store_alert
from storage.current import latest_model
from storage.cursors import write_cursor
from storage.database import Database
from storage.records import Alert, Share, Source
from storage.shares import replace_shares, share_frame
from storage.sources import upsert_source

MODEL = "trial-1"


def weekly(values: list[float], first: dt.date, model: str = MODEL) -> list[Share]:
    """Shares against and in favour, week by week."""
    made = []
    for place, value in enumerate(values):
        starts = first + dt.timedelta(weeks=place)
        year, week, _ = starts.isocalendar()
        for stance, share in (("against", value), ("favor", 1 - value)):
            made.append(
                Share("migrants", "week", f"{year}-W{week:02d}", starts, "all", "", "people", "opinionated",
                      stance, model, share, share - 0.1, share + 0.1, 90, 60, 0, 50.0, 1.2, "trial", True)  # type: ignore[arg-type]
            )  # fmt: skip
    return made


def store(database: Database, shares: list[Share], model: str = MODEL) -> None:
    with database.write() as c:
        periods = [share.period for share in shares]
        replace_shares(c, target="migrants", model=model, by="week", periods=periods, shares=shares)
        write_cursor(c, f"estimate:{model}:week", "2")


def test_what_is_kept_stays_in_bounds_and_is_made_once() -> None:
    kept, made = Cache(100), []

    def make() -> bytes:
        time.sleep(0.05)
        made.append(1)
        return b"x" * 20

    threads = [threading.Thread(target=kept.get, args=("one", 1, make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    for name in "abcdefgh":
        kept.get(name, 1, lambda: b"y" * 25)
    assert len(kept) <= 100
    assert kept.get("large", 1, lambda: b"z" * 26) == b"z" * 26
    assert kept.get("large", 1, lambda: b"new") == b"new", "a quarter of the whole is the most that one may take"
    with pytest.raises(ZeroDivisionError):
        kept.get("broken", 1, lambda: bytes(1 // 0))
    assert kept.get("broken", 1, lambda: b"mended") == b"mended"


def test_what_another_mark_holds_takes_the_place_of_the_old() -> None:
    kept = Cache(100)
    assert [kept.get("page", mark, lambda mark=mark: mark * 20) for mark in (b"1", b"2", b"2")] == [
        b"1" * 20, b"2" * 20, b"2" * 20,
    ]  # fmt: skip
    assert len(kept) == 20
    kept.get("page", b"3", lambda: b"z" * 26)
    assert len(kept) == 0, "what is too large to be kept leaves nothing old behind"


def test_one_value_is_kept_for_its_mark() -> None:
    latest: Latest[int] = Latest()
    assert [latest.get(1, lambda: 5), latest.get(1, lambda: 6), latest.get(2, lambda: 7)] == [5, 5, 7]


def test_a_page_is_made_anew_when_a_run_or_a_person_changed_something(page: TestClient, database: Database) -> None:
    first = page.get("/", params={"lang": "en"})
    assert "55%" in first.text
    assert page.get("/", params={"lang": "en"}, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    store(database, weekly([0.7], dt.date(2022, 10, 3)))
    for path in ("/?lang=en", "/trends/migrants?lang=en", "/api/v1/trends/migrants", "/charts/trend/migrants.json"):
        assert "70%" in page.get(path).text or "70.0%" in page.get(path).text or "0.7," in page.get(path).text
    before = page.get("/alerts").text
    with database.write() as c:
        store_alert(c, Alert("another", "migrants", "all", "", "2022-10-06", "mentions", 9.0, 3.0, 5.0, 2.0), [])
    assert "another" not in before
    assert "another" in page.get("/alerts").text


def test_a_kept_page_carries_the_token_of_its_reader(page: TestClient) -> None:
    found = []
    for _ in range(2):
        page.cookies.clear()
        found.append(re.findall(r'name="csrf" value="(\w+)"', page.get("/alerts/1").text))
    assert found[0]
    assert not set(found[0]) & set(found[1])
    assert all(re.fullmatch(r"[0-9a-f]{64}", token) for token in found[0] + found[1])
    assert page.post("/alerts/1/acknowledge", data={"csrf": found[1][0]}, follow_redirects=False).status_code == 303


def test_alerts_are_listed_a_hundred_on_a_page(page: TestClient, database: Database) -> None:
    with database.write() as c:
        for day in range(120):
            window = (dt.date(2022, 1, 1) + dt.timedelta(days=day)).isoformat()
            store_alert(c, Alert("many", "migrants", "all", "", window, "mentions", 9.0, 3.0, 5.0, 2.0), [])
    first, second = page.get("/alerts").text, page.get("/alerts?page=2").text
    assert [first.count('<td><a href="/alerts/'), second.count('<td><a href="/alerts/')] == [100, 21]
    assert 'href="/alerts?page=2"' in first
    assert 'rel="next"' not in second
    assert page.get("/api/v1/alerts?limit=2&offset=1").json()["rows"][0]["window"] == "2022-01-01"


@pytest.mark.parametrize(("weeks", "basis"), [(2, "raw"), (30, "smoothed")])
def test_the_probability_of_a_rise_is_one_number(
    page: TestClient, database: Database, tmp_path: Path, weeks: int, basis: str
) -> None:
    """On the overview, in the API, in the report and on the command line."""
    if weeks > 2:
        values = [0.4 + 0.01 * (week % 3) for week in range(weeks - 1)] + [0.55]
        store(database, weekly(values, dt.date(2022, 10, 3) - dt.timedelta(weeks=weeks - 1)))
    told = page.get("/api/v1/trends/migrants", params={"since": "week"}).json()["rows"]
    against = next(row for row in told if row["stance"] == "against")
    assert (against["since"], against["until"], against["basis"]) == ("2022-W39", "2022-W40", basis)
    url = f"sqlite:///{tmp_path / 'page.db'}"
    result = CliRunner().invoke(app, ["trends", "migrants", "--since", "week", "--format", "json", "--database", url])
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    for row in rows:
        same = next(one for one in told if one["stance"] == row["stance"])
        assert {name: same[name] for name in row if name != "group"} == {n: v for n, v in row.items() if n != "group"}
    with database.read() as c:
        frame = share_frame(c, target="migrants", by="week", group="all", model=MODEL)
        (one,) = [change for change in latest_changes(frame, "week") if change.stance == "against"]
    assert (one.p_rise, one.change) == (against["p_rise"], against["change"])
    words = {"raw": "of the two weeks as they are", "smoothed": "of the smoothed level"}[basis]
    said = f"probability of a rise {against['p_rise']:.0%}, {words}"
    assert said in page.get("/", params={"lang": "en"}).text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dashboard.report.drawn", lambda *_: (b"", ""))
        assert said in report(State(page.app.state.pikir.settings, database, local=True), "2022-W40", "en")  # type: ignore[attr-defined]


def test_a_short_series_is_compared_as_it_is(database: Database) -> None:
    with database.read() as c:
        frame = share_frame(c, target="migrants", by="week", group="all", model=MODEL)
    (change,) = [one for one in latest_changes(frame, "week") if one.stance == "against"]
    assert change.basis == "raw"
    assert (change.before, change.after) == (0.4, 0.55)
    assert change.p_rise == probability_of_rise((0.55, 0.45, 0.65), (0.4, 0.3, 0.5))
    assert change.low < change.change < change.high
    assert changes_since(frame, "week", dt.date(2022, 9, 26)) == []
    assert ENOUGH > 2


def test_since_takes_words_of_an_event_and_refuses_the_rest(page: TestClient) -> None:
    assert page.get("/api/v1/trends/migrants", params={"since": "mobilisation"}).status_code == 200
    refused = page.get("/api/v1/trends/migrants", params={"since": "yesterday, roughly"})
    assert refused.status_code == 422
    assert "give a date" in refused.json()["detail"]


def test_panels_of_days_show_the_last_year_and_a_table_its_last_periods(page: TestClient, database: Database) -> None:
    first = dt.date(2021, 1, 1)
    days = [first + dt.timedelta(days=place) for place in range(500)]
    made = [
        Share("migrants", "day", day.isoformat(), day, "source", source, "people", "opinionated", stance, MODEL,
              share, share - 0.1, share + 0.1, 90, 60, 0, 50.0, 1.2, "trial", True)  # type: ignore[arg-type]
        for day in days[: -1]
        for source in ("a", "b")
        for stance, share in (("against", 0.4), ("favor", 0.6))
    ]  # fmt: skip
    made.append(replace(made[0], period=days[-1].isoformat(), starts=days[-1]))
    with database.write() as c:
        for source in ("a", "b"):
            upsert_source(c, Source(source, "csv", f"{source}.csv", "", "ru", "", None))
        periods = [day.isoformat() for day in days]
        replace_shares(c, target="migrants", model=MODEL, by="day", periods=periods, shares=made)
        write_cursor(c, f"estimate:{MODEL}:day", "2")
    address = "/charts/trend/migrants.json?by=day&group=source"
    for more in ("", "&smooth=true"):
        (rows,) = page.get(address + more).json()["datasets"].values()
        assert {row["starts"] for row in rows} == {day.isoformat() for day in days[-366:]}
    (rows,) = page.get(f"{address}&from=2021-01-01").json()["datasets"].values()
    assert len({row["starts"] for row in rows}) == 500
    table = page.get("/trends/migrants?by=day&group=source&value=b").text
    shown = re.findall(r"/posts\?[^\"]*period=(\d{4}-\d\d-\d\d)[^\"]*source=b", table)
    assert sorted(set(shown)) == [day.isoformat() for day in days[-13:-1]], "of its own last twelve days"


def test_the_model_shown_is_that_of_the_last_completed_estimate(database: Database) -> None:
    store(database, weekly([0.2], dt.date(2022, 10, 3), "other"), "other")
    with database.read() as c:
        assert latest_model(c) == "other"
    with database.write() as c:
        write_cursor(c, f"estimate:{MODEL}:week", "1")
    with database.read() as c:
        assert latest_model(c) == MODEL


def test_the_helper_draws_fails_and_comes_back() -> None:
    helper = Helper()
    spec = {"data": {"values": [{"a": 1}]}, "mark": "point", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
    text = json.dumps({"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **spec}).encode()
    assert helper.draw(text, "svg").startswith(b"<svg")
    with pytest.raises(DrawingFailed):
        helper.draw(b'{"mark": ', "svg")
    helper.close()
    assert helper.draw(text, "png").startswith(b"\x89PNG")
    helper.close()
