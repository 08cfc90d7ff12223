"""What a person is told: a title and a few lines in English, Russian or Kazakh, from an alert alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from storage.records import Alert

Language = Literal["en", "ru", "kk"]


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text, without markup."""

    title: str
    body: str


_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "mentions": "mentions",
        "against": "voices against",
        "favor": "voices in favour",
        "title": "{target}: a spike in {measure} on {day}",
        "simulated": "SIMULATED DATA",
        "is_simulated": "These are simulated posts, made to try the monitor; nobody wrote them.",
        "numbers": "{measure}: {observed}; expected: {expected}; usual at most: {upper}.",
        "times": "{times} times the expected number.",
        "series": "Series: {group} {value}.",
        "source": "Of the excess, by source: {parts}.",
        "language": "Of the excess, by language: {parts}.",
        "narrative": "Voiced more than before: {parts}.",
        "before": "Event {days} days later: {name} ({date}).",
        "same": "Event on that day: {name}.",
        "after": "Event {days} days earlier: {name} ({date}).",
        "poll": "Nearest poll: {pollster}, {starts} to {ends}: {shares}.",
        "rule": "Rule: {rule}.",
        "more": "More: {show}. Seen it: {ack}",
    },
    "ru": {
        "mentions": "упоминания",
        "against": "голоса против",
        "favor": "голоса в поддержку",
        "title": "{target}: всплеск, {measure}, {day}",
        "simulated": "СИМУЛЯЦИЯ",
        "is_simulated": "Это смоделированные сообщения для пробы монитора; их никто не писал.",
        "numbers": "{measure}: {observed}; ожидалось: {expected}; обычно не больше: {upper}.",
        "times": "Кратность к ожидаемому: {times}.",
        "series": "Ряд: {group} {value}.",
        "source": "Доли превышения по источникам: {parts}.",
        "language": "Доли превышения по языкам: {parts}.",
        "narrative": "Звучит чаще прежнего: {parts}.",
        "before": "Событие через {days} дн.: {name} ({date}).",
        "same": "Событие в тот же день: {name}.",
        "after": "Событие за {days} дн. до этого: {name} ({date}).",
        "poll": "Ближайший опрос: {pollster}, {starts} – {ends}: {shares}.",
        "rule": "Правило: {rule}.",
        "more": "Подробнее: {show}. Отметить как увиденное: {ack}",
    },
    "kk": {
        "mentions": "аталымдар",
        "against": "қарсы дауыстар",
        "favor": "қолдаушы дауыстар",
        "title": "{target}: күрт өсу, {measure}, {day}",
        "simulated": "СИМУЛЯЦИЯ",
        "is_simulated": "Бұл – мониторды сынауға арналған жасанды жазбалар; оларды ешкім жазған жоқ.",
        "numbers": "{measure}: {observed}; күтілгені: {expected}; әдетте ең көбі: {upper}.",
        "times": "Күтілгеннен {times} есе көп.",
        "series": "Қатар: {group} {value}.",
        "source": "Артық бөліктің дереккөздер бойынша үлесі: {parts}.",
        "language": "Артық бөліктің тілдер бойынша үлесі: {parts}.",
        "narrative": "Бұрынғыдан жиі айтылғаны: {parts}.",
        "before": "{days} күннен кейінгі оқиға: {name} ({date}).",
        "same": "Сол күнгі оқиға: {name}.",
        "after": "{days} күн бұрынғы оқиға: {name} ({date}).",
        "poll": "Ең жақын сауалнама: {pollster}, {starts} – {ends}: {shares}.",
        "rule": "Ереже: {rule}.",
        "more": "Толығырақ: {show}. Көрілді деп белгілеу: {ack}",
    },
}
_ANSWERS: dict[Language, dict[str, str]] = {
    "en": {"against": "against", "neutral": "neutral", "favor": "in favour"},
    "ru": {"against": "против", "neutral": "нейтрально", "favor": "за"},
    "kk": {"against": "қарсы", "neutral": "бейтарап", "favor": "қолдайды"},
}


def message(alert: Alert, language: Language = "en", *, target_title: str = "") -> Message:
    """What to send about a stored alert, labelled where its data are simulated. ValueError before it has an id."""
    if alert.id is None:
        raise ValueError(f"the alert {alert.rule} {alert.window} has no id yet; store it before writing its message")
    words, why = _WORDS[language], alert.explanation
    measure = words[alert.measure]
    title = words["title"].format(target=target_title or alert.target, measure=measure, day=alert.window)
    numbers = {name: _number(getattr(alert, name), language) for name in ("observed", "expected", "upper")}
    lines = [words["numbers"].format(measure=measure.capitalize(), **numbers)]
    if why.get("times_expected"):
        lines[0] += " " + words["times"].format(times=_number(why["times_expected"], language))
    if alert.group != "all":
        lines.append(words["series"].format(group=alert.group, value=alert.value))
    lines += [
        words[name].format(parts=parts) for name in ("source", "language") if (parts := _parts(why, name, language))
    ]
    if risen := _risen(why):
        lines.append(words["narrative"].format(parts=risen))
    lines += _context(why, language)
    show, ack = f"pikir alerts show {alert.id}", f"pikir alerts ack {alert.id}"
    lines += [words["rule"].format(rule=alert.rule), words["more"].format(show=show, ack=ack)]
    if why.get("simulated"):
        title, lines = f"[{words['simulated']}] {title}", [words["is_simulated"], *lines]
    return Message(title, "\n".join(lines))


def _context(why: dict[str, Any], language: Language) -> list[str]:
    """The event and the poll that are near."""
    words, lines = _WORDS[language], []
    if event := why.get("event"):
        days = event["days_after"]
        kind = "after" if days > 0 else "before" if days < 0 else "same"
        lines.append(words[kind].format(days=abs(days), name=event["name"], date=event["date"]))
    if poll := why.get("poll"):
        shares = ", ".join(
            f"{_ANSWERS[language].get(answer, answer)} {_number(percent, language)}%"
            for answer, percent in poll["shares"].items()
        )
        lines.append(
            words["poll"].format(pollster=poll["pollster"], starts=poll["starts"], ends=poll["ends"], shares=shares)
        )
    return lines


def _parts(why: dict[str, Any], name: str, language: Language) -> str:
    """The three largest contributions, where more than one value was there to contribute."""
    rows = why.get(f"by_{name}", [])
    if len(rows) < 2:
        return ""
    return ", ".join(f"{row['value'] or '?'} {100 * row['share_of_excess']:.0f}%" for row in rows[:3])


def _risen(why: dict[str, Any]) -> str:
    """The three narratives that rose most, with their share of the voices before and on the day."""
    return ", ".join(
        f"{row['value']} {100 * row['share_before']:.0f}% → {100 * row['share']:.0f}%"
        for row in why.get("by_narrative", [])[:3]
    )


def _number(value: float, language: Language) -> str:
    """One decimal below ten, none above, and none where it is whole; a decimal comma but in English."""
    text = f"{value:.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"
    return text if language == "en" else text.replace(".", ",")
