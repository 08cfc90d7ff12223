"""The chart of an alert, from what is stored with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from alerts.messages import Language, message
from alerts.windows import first_day
from analysis.spike_chart import png, spike_chart
from storage.records import Alert

CHART_DAYS = 60
_MEASURES: dict[Language, dict[str, str]] = {
    "en": {
        "mentions": "voices that mention it",
        "against": "voices against",
        "favor": "voices in favour",
        "posts": "posts",
    },
    "ru": {
        "mentions": "голоса с упоминанием",
        "against": "голоса против",
        "favor": "голоса в поддержку",
        "posts": "сообщения",
    },
    "kk": {
        "mentions": "атап өткен дауыстар",
        "against": "қарсы дауыстар",
        "favor": "қолдаушы дауыстар",
        "posts": "жазбалар",
    },
}
_LABELS: dict[Language, tuple[str, str]] = {
    "en": ("expected", "usual at most"),
    "ru": ("ожидалось", "обычно не больше"),
    "kk": ("күтілген", "әдетте көп дегенде"),
}


def alert_chart(alert: Alert, language: Language = "en", target_title: str = "") -> bytes | None:
    """PNG of the series around a stored alert, or of the posts of a source that is out; None where none is stored.

    An alert about several sources, and one that an older version raised, have none.
    """
    chart = alert_series(alert, language, target_title)
    return None if chart is None else png(chart)


def alert_series(alert: Alert, language: Language = "en", target_title: str = "", *, titled: bool = True) -> Any:
    """The Altair chart that `alert_chart` draws; None where no series is stored.

    `titled`: with the title of its message, for readers who see the picture alone.
    """
    series = alert.explanation.get("series")
    if not series:
        return None
    event = alert.explanation.get("event")
    return spike_chart(
        series,
        title=message(alert, language, target_title=target_title).title if titled else "",
        subtitle="" if alert.group == "all" else f"{alert.group}: {alert.value}",
        expected_label=_LABELS[language][0],
        bound_label=_LABELS[language][1],
        measure=_MEASURES[language].get(alert.measure, alert.measure),
        events=[(dt.date.fromisoformat(event["date"]), event["name"])] if event else [],
    )


def chart_name(alert: Alert) -> str:
    """The name of the chart's file."""
    return f"alert-{alert.id}-{first_day(alert).isoformat()}.png"
