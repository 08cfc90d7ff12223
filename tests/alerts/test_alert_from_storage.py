from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from alerts.counting import daily_counts
from alerts.explain import explain, simulated_sources
from alerts.outbox import deliver_pending, raise_alert
from alerts.rules import evaluate, last_complete_day
from storage.days import day_totals
from storage.opinions import opinion_frame, replace_opinions
from storage.posts import upsert_posts
from storage.records import Opinion, Post, Source
from storage.sources import sources, upsert_source

ZONE = ZoneInfo("Asia/Almaty")
FIRST = dt.date(2022, 9, 1)
LAST = dt.date(2022, 9, 22)


def filled(c) -> None:
    """Three weeks of a chat in which 15 of 40 people a day write about migrants, and on the 21st all of them."""
    upsert_source(c, Source("chat", "group", title="A chat (simulated)"))
    posts, opinions = [], []
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=number)
        for person in range(40):
            at = dt.datetime.combine(day, dt.time(9), ZONE).astimezone(dt.UTC) + dt.timedelta(minutes=person)
            posts.append(Post("chat", f"{number}-{person}", at, "текст", author=f"p{person}", language="ru"))
            if person < 15 + number % 3 or day == dt.date(2022, 9, 21):
                opinions.append(Opinion("chat", f"{number}-{person}", "migrants", "m", 0.8, 0.1, 0.1, "against"))
    upsert_posts(c, posts)
    replace_opinions(c, [(post.source, post.native_id) for post in posts], "m", opinions)


def test_from_stored_posts_to_a_line_in_the_log_and_no_second_one(database, settings, tmp_path):
    now = dt.datetime(2022, 9, 23, tzinfo=dt.UTC)
    rule = settings.alerts.rules[0].model_copy(update={"recipients": ("log",)})
    with database.write() as c:
        filled(c)
    for _ in range(2):
        with database.write() as c:
            opinions = opinion_frame(
                c,
                target="migrants",
                model="m",
                starts=dt.datetime(2022, 1, 1, tzinfo=dt.UTC),
                ends=dt.datetime(2023, 1, 1, tzinfo=dt.UTC),
            )
            totals = day_totals(c, ZONE, FIRST, LAST)
            counts = daily_counts(opinions, totals, measure=rule.measure, group=rule.group, zone=ZONE)
            last_day = last_complete_day(opinions["posted_at"].max(), now, ZONE)
            for alert in evaluate(rule, counts, last_day=last_day):
                reasoned = explain(alert, opinions, zone=ZONE, simulated=simulated_sources(sources(c)))
                raise_alert(c, reasoned, rule, now=now, zone=ZONE)
        deliver_pending(database, settings, now=now, environ={})
    (line,) = (tmp_path / "var" / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert '"window": "2022-09-21"' in line
    assert '"observed": 40.0' in line
    assert "[SIMULATED DATA]" in line
