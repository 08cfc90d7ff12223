"""verify, forget, purge, backup, restore, reannotate and models as an operator meets them, over a small chat."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests_support import write_chat
from typer.testing import CliRunner

from flows.annotate import annotate_new
from flows.collect import collect_path, source_record
from flows.estimate import estimate_new
from flows.workspace import open_workspace
from models.adapter import FOLDER
from models.annotator import open_annotator
from pikir.cli.app import app
from pikir.cli.errors import EXPECTED
from storage.current import latest_model
from storage.database import open_database
from storage.fingerprint import fingerprint
from storage.shares import share_frame
from storage.tables import shares

runner = CliRunner()
CHAT = "- {name: chat, kind: group, path: chat.jsonl, title: A chat, region: Almaty}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose chat of two weeks is collected, annotated and estimated."""
    root = tmp_path_factory.mktemp("life")
    source = Path(__file__).parent.parent.parent / "configs"
    shutil.copytree(source, root / "configs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (root / "configs" / "sources.yaml").write_text(CHAT, encoding="utf-8")
    monitor = root / "configs" / "monitor.yaml"
    quick = {"draws: 1000": "draws: 100", "[day, week, month]": "[week]", "[source, language, region]": "[language]"}
    text = monitor.read_text(encoding="utf-8")
    for slow, fast in quick.items():
        text = text.replace(slow, fast)
    monitor.write_text(text, encoding="utf-8")
    write_chat(root / "chat.jsonl", range(14))
    stages(root)
    return root


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "place")
    return tmp_path / "place"


def stages(place: Path) -> None:
    with open_workspace(f"{place}/configs", f"sqlite:///{place}/pikir.db") as workspace:
        for form in workspace.settings.sources:
            collect_path(workspace, Path(form.path), source_record(form), dict(form.map))
        annotator = open_annotator(workspace.settings)
        annotate_new(workspace.database, workspace.settings, annotator)
        estimate_new(workspace.database, workspace.settings, annotator.version)


def pikir(place: Path, *words: str, code: int = 0) -> str:
    where = ["--config", f"{place}/configs", "--database", f"sqlite:///{place}/pikir.db"]
    result = runner.invoke(app, [*words, *where], env={"COLUMNS": "200"})
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def refused(place: Path, *words: str) -> str:
    """What the command says as it refuses."""
    where = ["--config", f"{place}/configs", "--database", f"sqlite:///{place}/pikir.db"]
    result = runner.invoke(app, [*words, *where])
    assert isinstance(result.exception, EXPECTED)
    return str(result.exception)


def verdicts(place: Path, *more: str, code: int = 0) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in json.loads(pikir(place, "verify", "--format", "json", *more, code=code))}


def prints(place: Path, name: str = "pikir.db") -> dict[str, str]:
    with open_database(f"sqlite:///{place}/{name}") as database, database.read() as c:
        return fingerprint(c)


def test_verify_is_content_with_what_a_run_leaves(place: Path) -> None:
    before = prints(place)
    told = verdicts(place, "--all")
    assert {row["state"] for row in told.values()} == {"ok"}, told
    assert "recompute to what is stored" in told["shares"]["found"]
    assert prints(place) == before


def test_verify_finds_a_share_that_nothing_gives(place: Path) -> None:
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.write() as c:
        wrong = (shares.c.by == "week") & (shares.c.period == "2022-W36") & (shares.c.target == "migrants")
        c.execute(sa.update(shares).where(wrong).values(n_authors=shares.c.n_authors + 1))
    found = verdicts(place, "--all", code=1)["shares"]
    assert found["state"] == "breach"
    assert "migrants 2022-W36" in found["found"]
    assert found["remedy"] == "pikir estimate --again"


def test_forgetting_an_author_by_the_raw_id(place: Path) -> None:
    pikir(place, "export", str(place / "out"))
    words = ("forget", "--author", "user3", "--source", "chat", "--format", "json")
    assert json.loads(pikir(place, *words, "--dry-run")) == [{"what": "posts", "n": 14}]
    rows = json.loads(pikir(place, *words))
    removed = {row["what"]: row["n"] for row in rows}
    assert (removed["posts"], removed["opinions"] > 0, removed["periods estimated anew"] > 0) == (14, True, True)
    assert any(str(place / "out") in what for what in removed), "what was exported before is listed"
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.read() as c:
        weeks = share_frame(c, target="migrants", by="week", group="all")
    assert set(weeks["n_authors"]) == {9}, "one of ten is gone from the numbers"
    assert {row["state"] for row in verdicts(place, "--all").values()} == {"ok"}
    write_chat(place / "chat.jsonl", range(15))
    stages(place)
    assert json.loads(pikir(place, "sources", "--format", "json"))[0]["posts"] == 13 * 15


def test_after_a_new_pseudonym_key_the_old_one_finds_what_was_before(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = os.environ["PIKIR_PSEUDONYM_KEY"]
    monkeypatch.setenv("PIKIR_PSEUDONYM_KEY", "another-key-for-tests-9876543210fedcba")
    write_chat(place / "chat.jsonl", range(15))
    stages(place)
    asked = ("forget", "--author", "user3", "--source", "chat", "--format", "json")
    assert json.loads(pikir(place, *asked))[0] == {"what": "posts", "n": 1}, "the day after the change alone"
    monkeypatch.setenv("PIKIR_PSEUDONYM_KEY", old)
    assert json.loads(pikir(place, *asked))[0] == {"what": "posts", "n": 14}
    assert {row["state"] for row in verdicts(place, "--all").values()} == {"ok"}


def test_forgetting_posts_of_a_file(place: Path) -> None:
    (place / "posts.txt").write_text("chat/1\nchat/2\n\n", encoding="utf-8")
    rows = json.loads(pikir(place, "forget", "--posts", str(place / "posts.txt"), "--format", "json"))
    assert rows[0] == {"what": "posts", "n": 2}


def test_purging_keeps_numbers(place: Path) -> None:
    before = prints(place)
    pikir(place, "purge", "--days", "30", "--dry-run")
    assert prints(place) == before
    pikir(place, "purge", "--days", "30")
    after = prints(place)
    assert {name for name in after if after[name] != before[name]} == {"posts"}


def test_backup_and_restore(place: Path) -> None:
    file = str(place / "pikir.backup")
    pikir(place, "backup", file)
    runner.invoke(app, ["restore", file, "--database", f"sqlite:///{place}/new.db", "--config", f"{place}/configs"])
    assert prints(place, "new.db") == prints(place)
    pikir(place, "restore", file, "--check")
    pikir(place, "restore", file, "--force")
    assert "--force" in refused(place, "restore", file)
    assert "there already" in refused(place, "backup", file)
    assert "write source/id" in refused(place, "forget", "--post", "nonsense")


def test_another_model_reads_beside_the_active_one_and_takes_over_by_config(place: Path) -> None:
    other = place / "other"
    shutil.copytree(FOLDER / "stance-small", other)
    calibration = json.loads((other / "calibration.json").read_text(encoding="utf-8"))
    (other / "calibration.json").write_text(json.dumps(calibration) + "\n\n", encoding="utf-8")
    before = prints(place)
    old = model_of(place)

    pikir(place, "reannotate", "--adapter", str(other), "--posts", "50")
    models = listed(place)
    (new,) = set(models) - {old}
    assert (models[old]["active"], models[new]["active"]) == (True, False)
    assert 0.2 < models[new]["read"] < 0.3
    pikir(place, "reannotate", "--adapter", str(other))
    models = listed(place)
    assert (models[new]["read"], models[new]["opinions"]) == (1.0, models[old]["opinions"])
    assert shares_of(place, old) == shares_of(place, new), "its numbers are the same, under its own name"
    assert prints(place)["posts"] == before["posts"]
    assert model_of(place) == old, "pages go on showing the active one"

    moved = json.loads(pikir(place, "models", "moved", "--new", new, "--format", "json"))
    assert {row["difference"] for row in moved if row["authors"] > 1} == {0.0}
    readings = json.loads(pikir(place, "models", "moved", "--new", new, "--readings", "--format", "json"))
    assert all(row["old"] == row["new"] for row in readings)

    monitor = place / "configs" / "monitor.yaml"
    text = monitor.read_text(encoding="utf-8")
    monitor.write_text(text.replace("adapter: stance-small", f"adapter: {other}"), encoding="utf-8")
    stages(place)
    assert model_of(place) == new, "switched"
    monitor.write_text(text, encoding="utf-8")
    stages(place)
    assert model_of(place) == old, "and back"
    pikir(place, "models", "drop", new)
    assert set(listed(place)) == {old}


def listed(place: Path) -> dict[str, dict[str, Any]]:
    return {row["model"]: row for row in json.loads(pikir(place, "models", "list", "--format", "json"))}


def model_of(place: Path) -> str:
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.read() as c:
        return latest_model(c) or ""


def shares_of(place: Path, model: str) -> list[tuple[object, ...]]:
    with open_database(f"sqlite:///{place}/pikir.db") as database, database.read() as c:
        return share_frame(c, model=model, voices=None, among=None).drop("model").rows()
