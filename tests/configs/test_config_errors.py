from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.errors import ConfigError
from configs.loading import load

LOG = "recipients: [{name: log, log_file: x}]\n"


def problems(folder):
    with pytest.raises(ConfigError) as caught:
        load(folder)
    assert "pydantic" not in str(caught.value)
    assert "http" not in str(caught.value)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        ("monitor.yaml", "name: x\nlangages: [ru]\n", "monitor.yaml:2: langages:", "did you mean 'languages'?"),
        (
            "monitor.yaml",
            "batch_size: many\n",
            "monitor.yaml:1: batch_size: found 'many'",
            "a whole number, at least 1",
        ),
        ("monitor.yaml", "batch_size: '20'\n", "monitor.yaml:1: batch_size: found '20'", "without quotes"),
        ("monitor.yaml", "batch_size: true\n", "monitor.yaml:1: batch_size: found true", "a whole number"),
        ("monitor.yaml", "name: no\n", "monitor.yaml:1: name: found false", "put it in quotes"),
        ("monitor.yaml", "name:\n", "monitor.yaml:1: name: found nothing", "leave the key out"),
        ("monitor.yaml", "timezone: asia/almati\n", "monitor.yaml:1: timezone:", "did you mean 'Asia/Almaty'?"),
        (
            "monitor.yaml",
            "\n\nprivacy:\n  min_authors: 0\n",
            "monitor.yaml:4: privacy.min_authors: found 0",
            "at least 1",
        ),
        ("monitor.yaml", "estimate: {confidence: .nan}\n", "monitor.yaml:1: estimate.confidence", "more than 0"),
        ("monitor.yaml", "privacy: []\n", "monitor.yaml:1: privacy: found a list", "the keys min_authors"),
        ("monitor.yaml", "- name: x\n", "monitor.yaml:1: found a list", "the keys name, timezone"),
        (
            "monitor.yaml",
            "telegram:\n  pace: {history: -1}\n",
            "monitor.yaml:2: telegram.pace.history: found -1",
            "at least 0 and at most 3600",
        ),
        (
            "sources.yaml",
            "- name: a\n  kind: channel\n  telegram: 'qala news'\n",
            "sources.yaml:3: [0].telegram: found 'qala news'",
            "a public name (qala_news or @qala_news), a t.me link",
        ),
        (
            "sources.yaml",
            "- {name: a, kind: forum, telegram: qala_news}\n",
            "sources.yaml:1: [0]: kind forum cannot be read from Telegram",
            "channel, group or comments",
        ),
        (
            "sources.yaml",
            "- {name: a, kind: group, telegram: qala_news, path: x.json}\n",
            "sources.yaml:1: [0]: `path` and `telegram` name two origins",
            "a source of its own",
        ),
        (
            "sources.yaml",
            "- {name: a, kind: group, telegram: qala_news, since: 2022-01-01, since_id: 5}\n",
            "sources.yaml:1: [0]: `since` and `since_id`",
            "leave one out",
        ),
        ("monitor.yaml", "just text\n", "monitor.yaml:1: found 'just text'", "the keys name"),
        ("monitor.yaml", "name: a\nname: b\n", "monitor.yaml:2: name: the key 'name' stands twice", "line 1"),
        ("monitor.yaml", "name: a\n  b: [1,\n", "monitor.yaml:2: not YAML", "mapping values"),
        ("monitor.yaml", "name: 'half", "monitor.yaml:1: not YAML", "quoted scalar"),
        ("monitor.yaml", "name: a\x07b\n", "monitor.yaml:1: the character U+0007", "may not stand"),
        ("monitor.yaml", "name: !!python/object:os.system x\n", "monitor.yaml:1: not YAML", "constructor"),
        ("monitor.yaml", "", "monitor.yaml: the file is empty", "restore it"),
        ("monitor.yaml", "a: &a [*a]\n", "monitor.yaml:1: not YAML: nested", "60 levels"),
        ("monitor.yaml", "a: " + "[" * 300, "monitor.yaml:1: not YAML: nested", "60 levels"),
        (
            "monitor.yaml",
            "database: mysql://u:hush@h/x\n",
            "monitor.yaml:1: database: found 'mysql://u:***@h",
            "postgresql://",
        ),
        (
            "sources.yaml",
            "name: a\nkind: group\n",
            "sources.yaml:1: found a mapping",
            "a list, each item with the keys name",
        ),
        ("sources.yaml", "- kind: group\n", "sources.yaml:1: [0].name: this key is missing", "a short name"),
        (
            "sources.yaml",
            "- name: a\n  kind: grup\n",
            "sources.yaml:2: [0].kind: found 'grup'",
            "did you mean 'group'?",
        ),
        ("sources.yaml", "- {name: a, kind: feed}\n- {name: a, kind: feed}\n", "sources.yaml:2: [1].name:", "is taken"),
        ("events.yaml", "- name: a\n  date: 2022-13-45\n", "events.yaml:2: [0].date: '2022-13-45'", "real date"),
        ("events.yaml", "- name: a\n  date: soon\n", "events.yaml:2: [0].date: found 'soon'", "a date, for example"),
        (
            "events.yaml",
            "- {name: a, date: 2022-01-01,\n   targets: [rusia]}\n",
            "events.yaml:2: [0].targets[0]",
            "'russia'?",
        ),
        (
            "targets/russia.yaml",
            "id: migrants\ntitle: {}\ndescription: {a: b}\nmatch: {ru: {}}\n",
            "targets/russia.yaml:1: id",
            "is taken",
        ),
        (
            "targets/russia.yaml",
            "id: russia\ntitle: {}\nmatch: {ru: {lemma: [a]}}\n",
            "targets/russia.yaml:1: description",
            "missing",
        ),
        (
            "alerts.yaml",
            LOG + "rules:\n  - name: a\n    target: migrant\n",
            "alerts.yaml:4: rules[0].target",
            "'migrants'?",
        ),
        (
            "alerts.yaml",
            LOG + "rules: [{name: a, target: russia,\n recipients: [lg]}]",
            "alerts.yaml:3: rules[0].recipients[0]",
            "'log'?",
        ),
        ("alerts.yaml", "recipients:\n  - name: a\n", "alerts.yaml:2: recipients[0]", "exactly one of url_env"),
        (
            "alerts.yaml",
            LOG + "rules:\n- {name: a, target: migrants,\n   quiet_hours: 22-08}\n",
            "alerts.yaml:4: rules[0].quiet_hours: found '22-08'",
            "two times of day, for example 22:00-08:00",
        ),
        (
            "alerts.yaml",
            LOG + "rules:\n- {name: a, target: migrants, escalate_to: [log]}\n",
            "alerts.yaml:3: rules[0]: escalation needs both",
            "escalate_after_hours (how long) and escalate_to (whom)",
        ),
        (
            "alerts.yaml",
            LOG + "rules:\n- {name: a, target: migrants, alpha: 0.01, false_alarms_per_month: 1.0}\n",
            "alerts.yaml:3: rules[0]: alpha and false_alarms_per_month",
            "keep false_alarms_per_month",
        ),
        (
            "alerts.yaml",
            LOG + "coverage:\n  recipients: [lag]\n",
            "alerts.yaml:3: coverage.recipients[0]: no recipient 'lag'; did you mean 'log'?",
            "log",
        ),
        (
            "alerts.yaml",
            LOG + "rules:\n- {name: coverage, target: migrants}\n",
            "alerts.yaml:3: rules[0].name: the name 'coverage' is that of the alerts about sources",
            "another name",
        ),
        (
            "alerts.yaml",
            LOG + "rules:\n- {name: a, target: migrants, detector: ears}\n",
            "alerts.yaml:3: rules[0].detector: found 'ears'",
            "one of auto, farrington, ears-c1",
        ),
        (
            "alerts.yaml",
            "recipients: [{name: a, url_env: 'mailto://u:p@h'}]",
            "alerts.yaml:1: recipients[0].url_env",
            "environment",
        ),
    ],
)
def test_an_error_names_file_line_key_found_and_allowed(folder, write, name, text, place, words):
    write(name, text)
    first = problems(folder)[0]
    assert first.startswith(place)
    assert words in first


def test_polls_are_checked(folder, write):
    write(
        "polls.yaml",
        "- id: p\n  pollster: x\n  field: {start: 2022-12-31, end: 2022-12-01}\n  target: russia\n"
        "  question: q\n  shares: {against: 120}\n  source: s\n",
    )
    assert problems(folder) == [
        "polls.yaml:3: [0].field: field dates end (2022-12-01) before they start (2022-12-31)",
        "polls.yaml:6: [0].shares.against: found 120; allowed: a number, at least 0 and at most 100",
    ]


def test_a_poll_names_a_narrative_of_its_target(folder, write):
    target = folder / "targets" / "russia.yaml"
    target.write_text(f"{target.read_text()}narratives: [{{name: invasion_fear, title: t, description: d}}]\n")
    write(
        "polls.yaml",
        "- id: p\n  pollster: x\n  field: {start: 2022-12-01, end: 2022-12-01}\n  target: russia\n"
        "  narrative: invasion\n  question: q\n  shares: {agree: 12}\n  source: s\n",
    )
    told = "polls.yaml:5: [0].narrative: no narrative 'invasion'; did you mean 'invasion_fear'?; allowed: invasion_fear"
    assert problems(folder) == [told]


def test_everything_that_is_wrong_in_all_files_is_told_at_once(folder, write):
    write("monitor.yaml", "nam: x\nbatch_size: 0\nnam: y\n")
    write("sources.yaml", "- {name: A b, kind: group}\n- {name: c, kind: none}\n")
    write("alerts.yaml", LOG + "rules: [{name: a, target: nobody}]\n")
    write("targets/russia.yaml", "id: russia\n")
    write("events.yaml", "- {name: a, date: 2022-01-01, targets: [russia]}\n")
    told = "\n".join(problems(folder))
    for place in (
        "monitor.yaml:1:",
        "monitor.yaml:2:",
        "monitor.yaml:3:",
        "sources.yaml:1:",
        "sources.yaml:2:",
        "alerts.yaml:2:",
    ):
        assert place in told
    # The target whose file is wrong is known all the same: only its own file is at fault.
    assert "events.yaml" not in told
    assert told.count("targets/russia.yaml") == 3


def test_a_file_that_would_not_be_read_is_told(folder, write):
    write("alert.yml", "rules: []\n")
    write("targets/third.yml", "id: third\n")
    told = problems(folder)
    assert told[0].startswith("alert.yml: this file is not read; did you mean 'alerts.yaml'?")
    assert told[1] == "targets/third.yml: this file is not read; allowed: the name third.yaml"


def test_a_file_that_is_not_utf8_names_the_line(folder):
    (folder / "monitor.yaml").write_bytes("name: x\nencoder: кодер\n".encode("cp1251"))
    assert problems(folder)[0].startswith("monitor.yaml:2: byte 0xea is not UTF-8")


def test_an_alias_bomb_is_stopped(folder, write):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    write("monitor.yaml", "\n".join(lines))
    assert "aliases make the file too large" in problems(folder)[0]


def test_no_targets(folder):
    for file in (folder / "targets").iterdir():
        file.unlink()
    assert "one file *.yaml for each target" in problems(folder)[0]


@given(text=st.binary(max_size=60))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_of_a_file_escapes_as_another_error(folder, text):
    (folder / "monitor.yaml").write_bytes(text)
    with contextlib.suppress(ConfigError):
        load(folder)
