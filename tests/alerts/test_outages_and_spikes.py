"""A collector that breaks is told to the operator and is never read as opinion."""

from __future__ import annotations

import datetime as dt

from watching import MODEL, at, day, look, settings_with, write_days

from alerts.charts import alert_chart
from storage.alerts import alerts, deliveries
from storage.gaps import replace_gaps
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import Gap, Opinion, Post
from storage.source_states import write_state

RULE = {"name": "mentions", "target": "migrants", "recipients": ["hook"]}
COVERAGE = {"recipients": ["log"]}
DAYS = 45


def around(mean: int, phase: int, days: int = DAYS) -> list[int]:
    return [mean + (number * 3 + phase) % 5 - 2 for number in range(days)]


def test_a_source_that_breaks_raises_an_alert_to_the_operator_and_none_of_opinion(database, settings):
    # The big source says nothing of migrants: without it, mentions look like four times as many among all posts.
    people = {"big": around(100, 1), "chat": around(30, 2)}
    mentions = {"big": [0] * DAYS, "chat": around(12, 3)}
    people["big"][40:42] = [0, 0]
    write_days(database, people, mentions)
    watched = settings_with(settings, [RULE], ["big", "chat"], coverage=COVERAGE)
    raised, watch = look(database, watched, DAYS)
    assert [(one.kind, one.value, one.window, one.measure) for one in raised] == [
        ("coverage", "big", str(day(40)), "posts")
    ]
    assert [held.window for held in watch.held_back] == [str(day(40))]
    with database.read() as c:
        (stored,) = alerts(c)
        assert [one.channel for one in deliveries(c, 1)] == ["log"]
    assert stored.explanation["sources"][0] | {"expected": 0} == {
        "source": "big",
        "trouble": "silent",
        "first": str(day(40)),
        "last": str(day(41)),
        "observed": 0.0,
        "expected": 0,
        "detail": "",
    }
    assert stored.explanation["held_back"][0]["window"] == str(day(40))
    assert (stored.ended, stored.state) == (day(42), "open")
    assert [row["time"] for row in stored.explanation["series"] if row["alert"]] == [str(day(40)), str(day(41))]
    drawn = alert_chart(stored, "kk")
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
    assert look(database, watched, DAYS)[0] == [], "nothing is told twice"


def test_a_spike_that_stands_without_the_broken_source_is_raised(database, settings):
    people = {"big": around(100, 1), "chat": around(60, 2)}
    mentions = {"big": [0] * DAYS, "chat": around(12, 3)}
    people["big"][40] = 0
    mentions["chat"][40] = 50
    write_days(database, people, mentions)
    raised, watch = look(database, settings_with(settings, [RULE], ["big", "chat"]), DAYS)
    assert [one.kind for one in raised] == ["coverage", "opinion"]
    assert watch.held_back == []
    without = raised[1].explanation["without"]
    assert (without["sources"], without["observed"]) == (["big"], 50.0)
    assert 11 < without["expected"] < 13 < without["upper"], "as if the big source had never been there"


def test_a_spike_in_the_broken_source_waits_for_its_posts(database, settings):
    people = {"chat": around(60, 2), "other": around(20, 4)}
    mentions = {"chat": around(12, 3), "other": [1] * DAYS}
    # Half of the day is missing; what came is mostly about migrants.
    people["chat"][40], mentions["chat"][40] = 28, 27
    write_days(database, people, mentions)
    watched = settings_with(settings, [RULE], ["chat", "other"])
    with database.write() as c:
        replace_gaps(c, "chat", 1, 100, [Gap("chat", 50, 90, "unknown", at(40))])
    raised, watch = look(database, watched, DAYS)
    assert [one.kind for one in raised] == ["coverage"]
    assert raised[0].explanation["sources"][0]["trouble"] in ("gaps", "fell")
    assert len(watch.held_back) == 1
    missing = [Post("chat", f"late-{n}", at(40) + dt.timedelta(hours=2), "т", author=f"late{n}") for n in range(30)]
    with database.write() as c:
        replace_gaps(c, "chat", 1, 100, [])
        upsert_posts(c, missing)
        keys = [(post.source, post.native_id) for post in missing]
        opinions = [Opinion(*key, "migrants", MODEL, 0.8, 0.1, 0.1, "against") for key in keys]
        replace_opinions(c, keys, MODEL, opinions)
    write_days(database, {"chat": people["chat"]}, {"chat": mentions["chat"]})
    raised, watch = look(database, watched, DAYS)
    assert [(one.kind, one.observed) for one in raised] == [("opinion", 58.0)]
    assert watch.held_back == []


def test_a_source_that_cannot_be_read_is_told_of_and_its_days_are_incomplete(database, settings):
    write_days(database, {"chat": around(30, 2), "big": around(100, 1)}, {"chat": [9] * DAYS, "big": [0] * DAYS})
    with database.write() as c:
        write_state(c, "chat", "ok", "", at(DAYS - 2))
        write_state(c, "chat", "unavailable", "the channel is private now", at(DAYS))
        write_state(c, "unwatched", "failed", "gone", at(DAYS))
    watched = settings_with(settings, [RULE], ["big", "chat"], coverage=COVERAGE)
    (told,), _ = look(database, watched, DAYS + 1)
    entry = told.explanation["sources"][0]
    assert (told.value, entry["trouble"], entry["detail"]) == ("chat", "unavailable", "the channel is private now")
    assert (entry["first"], entry["last"], told.ended) == (str(day(DAYS - 2)), str(day(DAYS)), None)
    # The next day it is still out, which is no news; then it is read again, which is.
    assert look(database, watched, DAYS + 2)[0] == []
    with database.write() as c:
        write_state(c, "chat", "ok", "", at(DAYS + 2, 10))
    assert look(database, watched, DAYS + 2)[0] == []
    with database.read() as c:
        (stored,) = alerts(c)
        assert stored.ended == day(DAYS + 2)
        assert [(one.channel, one.occasion) for one in deliveries(c, 1)] == [("log", "ended"), ("log", "raised")]


def test_a_live_source_that_falls_silent_with_all_others_is_noticed_by_the_clock(database, settings):
    write_days(database, {"chat": around(40, 2)}, {"chat": [9] * DAYS})
    raw = settings_with(settings, [RULE]).model_dump(mode="json")
    raw["sources"] = [{"name": "chat", "kind": "group", "telegram": "@chat_chat"}]
    live = type(settings).model_validate(raw)
    assert look(database, live, DAYS)[0] == []
    (told,), _ = look(database, live, DAYS + 3)
    assert (told.kind, told.window, told.ended) == ("coverage", str(day(DAYS)), None)


def test_many_sources_that_go_out_on_one_day_are_one_alert(database, settings):
    names = [f"s{n}" for n in range(6)]
    people = {name: around(40, n) for n, name in enumerate(names)}
    for name in names[1:]:
        people[name][40:43] = [0, 0, 0]
    write_days(database, people, {name: [2] * DAYS for name in names})
    (told,), _ = look(database, settings_with(settings, [], names), DAYS)
    assert (told.value, told.window) == ("s1 +4", str(day(40)))
    assert [entry["source"] for entry in told.explanation["sources"]] == names[1:]


def test_switched_off_it_neither_tells_nor_holds_back(database, settings):
    people = {"big": around(100, 1), "chat": around(30, 2)}
    people["big"][40:42] = [0, 0]
    write_days(database, people, {"big": [0] * DAYS, "chat": around(12, 3)})
    off = settings_with(settings, [RULE], ["big", "chat"], coverage={"enabled": False, "mutes": False})
    assert {one.kind for one in look(database, off, DAYS)[0]} == {"opinion"}
