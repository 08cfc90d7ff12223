from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from alerts.explain import explain, nearest_event, nearest_poll, simulated_sources
from alerts.messages import message
from configs.settings import EventSettings, PollSettings
from storage.records import Alert, Source

ZONE = ZoneInfo("Asia/Almaty")
DAY = dt.date(2022, 9, 21)
ALERT = Alert("rule", "migrants", "all", "all", "2022-09-21", "mentions", 90.0, 30.0, 45.5, 6.0)
EVENT = EventSettings(date=DAY, name="partial mobilisation in Russia", targets=("migrants",))
POLL = PollSettings.model_validate(
    {
        "id": "p1",
        "pollster": "DEMOSCOPE",
        "field": {"start": "2022-11-04", "end": "2022-11-24"},
        "target": "migrants",
        "question": "q",
        "shares": {"against": 38.5, "agree": 3},
        "source": "s",
    }
)


def posts(day: dt.date, source: str, language: str, count: int, *narratives: str) -> list[dict]:
    noon = dt.datetime.combine(day, dt.time(12), ZONE).astimezone(dt.UTC)
    keys = {"author": "", "voice": "person", "region": "", "stance": "against", "posted_at": noon}
    keys["narratives"] = list(narratives)
    return [{"source": source, "native_id": f"{day}{language}{n}", "language": language, **keys} for n in range(count)]


def month() -> pl.DataFrame:
    rows = []
    for back in range(1, 29):
        rows += posts(DAY - dt.timedelta(days=back), "chat", "ru", 2) + posts(
            DAY - dt.timedelta(days=back), "forum", "kk", 1
        )
    rows += posts(DAY, "chat", "ru", 75, "rising_costs", "invasion_fear") + posts(DAY, "forum", "kk", 10)
    rows += posts(DAY, "new", "ru", 5, "rising_costs")
    return pl.DataFrame(rows, schema_overrides={"narratives": pl.List(pl.String)})


def test_the_excess_is_split_by_source_and_language():
    explanation = explain(ALERT, month(), zone=ZONE, events=[EVENT], polls=[POLL], simulated={"forum"}).explanation
    assert explanation["times_expected"] == 3.0
    # Two thirds of the month came from the chat, so 20 of the 30 expected were its part.
    assert explanation["by_source"] == [
        {"value": "chat", "observed": 75, "expected": 20.0, "share_of_excess": pytest.approx(55 / 60, abs=1e-4)},
        {"value": "new", "observed": 5, "expected": 0.0, "share_of_excess": pytest.approx(5 / 60, abs=1e-4)},
        {"value": "forum", "observed": 10, "expected": 10.0, "share_of_excess": 0.0},
    ]
    assert [row["value"] for row in explanation["by_language"]] == ["ru", "kk"]
    # Narratives overlap: most voices of the day have both, and nobody had either before.
    assert explanation["by_narrative"] == [
        {"value": "rising_costs", "observed": 80, "share": 0.8889, "share_before": 0.0, "share_of_excess": 1.3333},
        {"value": "invasion_fear", "observed": 75, "share": 0.8333, "share_before": 0.0, "share_of_excess": 1.25},
    ]
    assert explanation["event"]["days_after"] == 0
    assert explanation["poll"]["days_away"] == 44
    assert explanation["simulated"] is True
    assert json.loads(json.dumps(explanation)) == explanation


def test_a_narrative_that_is_voiced_as_often_as_before_is_not_named():
    rows = [
        post for back in range(1, 29) for post in posts(DAY - dt.timedelta(days=back), "chat", "ru", 2, "rising_costs")
    ]
    rows += posts(DAY, "chat", "ru", 60, "rising_costs") + posts(DAY, "forum", "ru", 1, "crime")
    frame = pl.DataFrame(rows, schema_overrides={"narratives": pl.List(pl.String)})
    assert explain(ALERT, frame, zone=ZONE).explanation["by_narrative"] == []


def test_a_group_is_explained_from_within():
    alert = Alert("rule", "migrants", "language", "kk", "2022-09-21", "mentions", 10.0, 1.0, 4.0, 6.0)
    rows = explain(alert, month(), zone=ZONE).explanation["by_source"]
    assert [row["value"] for row in rows] == ["forum"]


def test_nothing_known_is_said_as_such():
    explanation = explain(ALERT, month().clear(), zone=ZONE).explanation
    assert explanation["by_source"] == []
    assert (explanation["event"], explanation["poll"], explanation["simulated"]) == (None, None, False)


def test_the_nearest_event_is_at_most_a_week_away_and_about_the_target():
    events = [
        EventSettings(date=DAY - dt.timedelta(days=8), name="too far"),
        EventSettings(date=DAY + dt.timedelta(days=2), name="other", targets=("russia",)),
        EventSettings(date=DAY + dt.timedelta(days=3), name="later"),
        EventSettings(date=DAY - dt.timedelta(days=3), name="earlier"),
    ]
    assert nearest_event("migrants", DAY, events) == {"date": "2022-09-18", "name": "earlier", "days_after": 3}
    assert nearest_event("migrants", DAY, events[:2]) is None


def test_a_poll_in_the_field_on_that_day_is_nearest():
    during = POLL.model_copy(update={"id": "p0", "field": POLL.field.model_copy(update={"start": DAY})})
    found = nearest_poll("migrants", DAY, [POLL, during])
    assert found is not None
    assert (found["poll"], found["days_away"]) == ("p0", 0)
    assert nearest_poll("russia", DAY, [POLL]) is None


def test_simulated_sources_say_so_themselves():
    sources = [Source("a", "group", title="Almaty chat (Simulated)"), Source("b", "group", title="Almaty chat")]
    assert simulated_sources(sources) == {"a"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Mentions: 90; expected: 30; usual at most: 46.",
                "chat 92%",
                "Voiced more than before: rising_costs 0% → 89%",
                "in favour",
                "against 38%, agree 3%",
            ],
        ),
        ("ru", ["Упоминания: 90; ожидалось: 30", "Событие в тот же день", "Ближайший опрос: DEMOSCOPE", "против 38%"]),
        ("kk", ["Аталымдар: 90; күтілгені: 30", "Сол күнгі оқиға", "Ең жақын сауалнама: DEMOSCOPE", "қарсы 38%"]),
    ],
)
def test_a_message_has_the_numbers_the_reason_and_the_command(language, words):
    alert = explain(ALERT, month(), zone=ZONE, events=[EVENT], polls=[POLL])
    with pytest.raises(ValueError, match="no id yet"):
        message(alert, language)
    text = message(stored(alert), language, target_title="Мигранты")
    assert text.title.startswith("Мигранты: ")
    assert "2022-09-21" in text.title
    for word in [*words, "rule", "pikir alerts show 7", "pikir alerts ack 7", "partial mobilisation"]:
        assert word in text.body or word == "in favour"
    assert text.body.count("\n") < 10


@pytest.mark.parametrize(
    ("language", "label"), [("en", "[SIMULATED DATA]"), ("ru", "[СИМУЛЯЦИЯ]"), ("kk", "[СИМУЛЯЦИЯ]")]
)
def test_simulated_data_is_labelled_in_title_and_body(language, label):
    alert = stored(explain(ALERT, month(), zone=ZONE, simulated={"chat"}))
    text = message(alert, language)
    assert text.title.startswith(label)
    assert label not in message(stored(explain(ALERT, month(), zone=ZONE)), language).title
    assert len(text.body.splitlines()[0]) > 40


def stored(alert: Alert) -> Alert:
    from dataclasses import replace

    return replace(alert, id=7)
