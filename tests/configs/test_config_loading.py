from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from configs.errors import ConfigError
from configs.handbook import configuration_page
from configs.loading import FILES, load
from configs.paths import copy_shipped

ROOT = Path(__file__).resolve().parents[2]


def test_only_a_monitor_and_a_target_are_required(folder):
    settings = load(folder)
    assert settings.monitor.name == "trial"
    assert settings.monitor.zone.key == "Asia/Almaty"
    assert [target.id for target in settings.targets] == ["migrants", "russia"]
    assert (settings.sources, settings.polls, settings.events, settings.alerts.rules) == ((), (), (), ())


def test_a_third_target_is_a_third_file(folder, write):
    write("targets/tariffs.yaml", "id: tariffs\ntitle: {}\ndescription: {en: prices}\nmatch: {kk: {lemmas: [баға]}}\n")
    assert load(folder).target("tariffs").match["kk"].lemmas == ("баға",)


def test_a_file_of_comments_configures_nothing(folder, write):
    for name in ("monitor.yaml", "sources.yaml", "polls.yaml", "events.yaml", "alerts.yaml"):
        write(name, "# nothing yet\n")
    assert load(folder).sources == ()


def test_relative_paths_begin_at_the_folder_that_holds_configs(folder, write, monkeypatch):
    write("monitor.yaml", "encoder: ./models/mine\nprivacy: {pseudonym_key_file: keys/one.key}\n")
    write("sources.yaml", "- {name: a, kind: group, path: data/a.json}\n- {name: b, kind: feed, path: /srv/b.csv}\n")
    write("alerts.yaml", "recipients: [{name: log, log_file: var/alerts.log}]\n")
    monkeypatch.chdir("/")
    settings, root = load(folder), folder.parent
    assert settings.monitor.database == f"sqlite:///{root}/var/pikir.db"
    assert settings.monitor.encoder == f"{root}/models/mine"
    assert settings.monitor.privacy.pseudonym_key_file == f"{root}/keys/one.key"
    assert [source.path for source in settings.sources] == [f"{root}/data/a.json", "/srv/b.csv"]
    assert settings.alerts.recipients[0].log_file == f"{root}/var/alerts.log"


def test_the_bundled_sample_is_found_from_a_configuration_elsewhere(tmp_path):
    settings = load(copy_shipped(tmp_path / "configs"))
    assert settings.sources
    assert all(Path(source.path).is_file() for source in settings.sources)


def test_home_is_understood(folder, write, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    write("monitor.yaml", "database: sqlite:///~/pikir.db\n")
    monitor = load(folder).monitor
    assert monitor.database == "sqlite:////home/somebody/pikir.db"
    assert monitor.privacy.pseudonym_key_file == "/home/somebody/.config/pikir/pseudonym.key"


def test_the_environment_names_folder_and_database(folder, monkeypatch):
    monkeypatch.setenv("PIKIR_CONFIG", str(folder))
    monkeypatch.setenv("PIKIR_DATABASE", "postgresql://someone:secret@db/pikir")
    assert load().monitor.database == "postgresql://someone:secret@db/pikir"
    assert load().folder == str(folder)


def test_quoted_and_plain_dates_are_the_same(folder, write):
    write("events.yaml", "- {date: 2022-09-21, name: a}\n- {date: '2022-09-22', name: b, targets: [russia]}\n")
    assert [event.date for event in load(folder).events] == [dt.date(2022, 9, 21), dt.date(2022, 9, 22)]


def test_anchors_may_be_used(folder, write):
    rules = "rules:\n  - &one {name: a, target: russia, alpha: 0.01}\n  - {<<: *one, name: b}\n"
    write("alerts.yaml", rules + "recipients: [{name: log, log_file: x}]\n")
    assert [(rule.name, rule.alpha) for rule in load(folder).alerts.rules] == [("a", 0.01), ("b", 0.01)]


@pytest.fixture(scope="module")
def shipped():
    return {name: yaml.safe_load((ROOT / "configs" / name).read_text(encoding="utf-8")) for name in FILES}


def test_the_shipped_monitor_says_the_defaults(shipped):
    from configs.settings import MonitorSettings

    # The YAML shows what stands without it, so that nobody wonders which of the two counts.
    assert MonitorSettings.model_validate(shipped["monitor.yaml"]) == MonitorSettings()


def test_the_shipped_configuration_loads():
    settings = load(ROOT / "configs")
    assert {"migrants", "russia"} <= {target.id for target in settings.targets}
    watched = {(rule.target, rule.measure) for rule in settings.alerts.rules}
    assert {(target, measure) for target in ("migrants", "russia") for measure in ("mentions", "against")} <= watched
    assert settings.alerts.recipients[0].log_file.endswith("var/alerts.log")


def test_the_published_polls_are_carried_over(shipped):
    polls = {poll["id"]: poll for poll in shipped["polls.yaml"]}
    assert len(polls) == 8
    assert all(poll["source"] for poll in polls.values())
    assert polls["demoscope-2022-11-war"]["shares"] == {"against": 22, "neutral": 59, "favor": 13}
    assert polls["demoscope-2023-05-war"]["interview_language"] == {"kk": 59.7, "ru": 40.3}
    assert polls["eaf-2022-12-migrants"]["shares"] == {"against": 38}


def test_the_page_about_configuration_is_up_to_date():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == configuration_page(), "run: python -m configs.handbook > docs/configuration.md"


def test_a_missing_folder_says_where_it_looked(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no such folder.*PIKIR_CONFIG"):
        load(tmp_path / "nowhere")


def test_a_rule_pack_that_comes_with_pikir_is_read_once_and_told_where_it_does_not_hold(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("configs.loading.SHIPPED_FORUMS", tmp_path)
    broken, sound = tmp_path / "broken.yaml", tmp_path / "phpbb.yaml"
    broken.write_text("engine: mine\nposting: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.yaml:2: posting"):
        load(folder)
    broken.unlink()
    sound.write_bytes((ROOT / "configs" / "forums" / "phpbb.yaml").read_bytes())
    read = load(folder).engines
    sound.write_text("no longer looked at", encoding="utf-8")
    assert [one.engine for one in read] == ["phpbb"]
    assert load(folder).engines[0] is read[0]


@pytest.mark.parametrize("pattern", [r"t=(\d{99999999999999999999})", "(" * 5000 + ")" * 5000, "(t=", "t="])
@pytest.mark.parametrize("pack", ["thread_id: '{}'", "posts: {{post: div, id: '@id =~ {}'}}"])
def test_a_pattern_that_cannot_be_used_is_told_with_its_file(folder, write, pattern, pack):
    (folder / "forums").mkdir()
    write("forums/mine.yaml", f"engine: mine\n{pack.format(pattern)}\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml:\d: .*the pattern"):
        load(folder)
