"""Audits from the command line: drawn, exported, labelled by two, imported, settled; and shares that follow them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from configs.loading import load
from flows.compare import compare_all
from pikir.cli.app import app
from pikir.cli.listings import current_model
from storage.database import open_database
from storage.opinions import replace_opinions
from storage.posts import upsert_posts
from storage.records import STANCES, Opinion, Post, Source
from storage.sources import upsert_source

runner = CliRunner()
STARTS = dt.datetime(2022, 9, 5, 6, tzinfo=dt.UTC)


@pytest.fixture
def store(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """300 people who wrote about migrants in a week, half of them in Kazakh in a group of the south."""
    monkeypatch.setenv("PIKIR_CONFIG", str(checkout / "configs"))
    monkeypatch.setenv("PIKIR_DATABASE", f"sqlite:///{checkout}/pikir.db")
    model = str(current_model(load(checkout / "configs")))
    dice = np.random.default_rng(0)
    posts, opinions = [], []
    for n in range(300):
        source, language = ("south", "kk") if n % 2 else ("north", "ru")
        at = STARTS + dt.timedelta(minutes=20 * n)
        text = f"post {n}, write to +7 701 123 45 67"
        posts.append(Post(source, str(n), at, text, author=f"a{n}", language=language))
        p = dice.dirichlet([2, 2, 2] if n % 2 else [3, 1, 1])
        opinions.append(Opinion(source, str(n), "migrants", model, *p, STANCES[int(p.argmax())]))
    with open_database(f"sqlite:///{checkout}/pikir.db") as database, database.write() as c:
        for name, region in (("south", "Shymkent"), ("north", "Kostanay")):
            upsert_source(c, Source(name, "group", region=region))
        upsert_posts(c, posts)
        replace_opinions(c, [(post.source, post.native_id) for post in posts], model, opinions)
    return checkout


def pikir(*words: str) -> str:
    result = runner.invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def exported(*words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pikir("audit", "export", "--target", "migrants", *words))))


def labelled(path: Path, rows: list[dict[str, str]], coder: str, wrong: int = 0) -> str:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        for n, row in enumerate(rows):
            writer.writerow({**row, "label": "favor" if n < wrong else "against", "coder": coder})
    return str(path)


def test_a_draw_is_exported_blind_and_its_labels_come_back(store: Path, tmp_path: Path) -> None:
    pikir("audit", "draw", "--target", "migrants", "--n", "60", "--period", "2022-W36")
    rows = exported()
    assert len(rows) == 60
    assert not {"stance", "p_against"} & set(rows[0]), "who labels does not see what the model says"
    assert not any("701 123" in row["text"] for row in rows), "contacts are masked"

    filled = labelled(tmp_path / "a.csv", rows, "aigerim")
    assert "60 new labels" in runner.invoke(app, ["audit", "import", filled]).output
    assert "0 new labels, 0 changed, 60 known" in runner.invoke(app, ["audit", "import", filled]).output
    pikir("audit", "import", labelled(tmp_path / "b.csv", rows, "bolat", wrong=6))

    (row,) = json.loads(pikir("audit", "status", "--target", "migrants", "--format", "json"))
    assert (row["drawn"], row["coders"], row["disagreed"], row["final"]) == (60, 2, 6, 54)
    disagreements = json.loads(pikir("audit", "disagreements", "--target", "migrants", "--format", "json"))
    assert len(disagreements) == 6
    pikir("audit", "adjudicate", disagreements[0]["post_id"], "neutral", "--target", "migrants", "--who", "saule")
    (row,) = json.loads(pikir("audit", "status", "--target", "migrants", "--format", "json"))
    assert (row["disagreed"], row["final"]) == (5, 55)


def test_bad_rows_are_set_aside_with_their_place_and_the_rest_is_stored(store: Path, tmp_path: Path) -> None:
    pikir("audit", "draw", "--target", "migrants", "--n", "10", "--period", "2022-W36")
    rows = exported()
    bad = [{**rows[0], "post_id": "south/999999"}, {**rows[1], "label": "hostile"}]
    path = Path(labelled(tmp_path / "a.csv", [*rows[2:], bad[0]], "aigerim"))
    text = path.read_text(encoding="utf-8") + f"{rows[1]['post_id']},migrants,x,ru,,hostile,aigerim\n"
    path.write_text(text, encoding="utf-8")
    result = runner.invoke(app, ["audit", "import", str(path)])
    assert "8 new labels" in result.output
    assert "2 set aside" in result.output
    assert "belongs to no draw" in result.output
    assert "hostile" in result.output


def test_labels_of_a_draw_decide_the_share_of_their_week(store: Path, tmp_path: Path) -> None:
    pikir("audit", "draw", "--target", "migrants", "--n", "120", "--period", "2022-W36")
    pikir("audit", "import", labelled(tmp_path / "a.csv", exported(), "aigerim", wrong=30))
    (config := store / "configs" / "weighting.yaml").write_text(
        yaml.safe_dump({"margins": [{"of": "language", "shares": {"ru": 20, "kk": 80}, "source": "a census"}]}),
        encoding="utf-8",
    )
    assert config.exists()
    told = json.loads(pikir("weighting", "migrants", "--period", "2022-W36", "--format", "json"))
    assert {row["method"] for row in told["shares"]} == {"ppi++"}
    assert {row["weighted"] for row in told["shares"]} == {"no", "yes"}
    assert told["raking"]["design_effect"] > 1.2
    against = next(row for row in told["shares"] if row["weighted"] == "no" and row["stance"] == "against")
    assert against["low"] < 0.75 < against["high"]


def test_labels_of_a_draw_decide_what_stands_beside_a_poll_of_its_days(store: Path, tmp_path: Path) -> None:
    week = {"start": dt.date(2022, 9, 5), "end": dt.date(2022, 9, 9)}
    asked = {"id": "p", "pollster": "P", "target": "migrants", "question": "against?", "source": "here", "n": 1000}
    (store / "configs" / "polls.yaml").write_text(
        yaml.safe_dump([{**asked, "field": week, "shares": {"against": 60, "favor": 40}}]), encoding="utf-8"
    )

    def beside() -> dict[str, object]:
        configured = load(store / "configs")
        with open_database(f"sqlite:///{store}/pikir.db") as database:
            compare_all(database, configured, str(current_model(configured)))
        rows = json.loads(pikir("polls", "migrants", "--format", "json"))
        return next(row for row in rows if row["stance"] == "against")

    assert beside()["method"] == "pcc"
    pikir("audit", "draw", "--target", "migrants", "--n", "120", "--period", "2022-W36")
    pikir("audit", "import", labelled(tmp_path / "a.csv", exported(), "aigerim", wrong=30))
    told = beside()
    (status,) = json.loads(pikir("audit", "status", "--target", "migrants", "--format", "json"))
    assert told["method"] == "ppi++"
    assert "by ppi++ from 120 labels" in str(told["reason"])
    assert told["monitor_share"] == pytest.approx(status["share"], abs=1e-6)


def test_a_draw_of_a_day_does_not_decide_the_share_of_its_week(store: Path, tmp_path: Path) -> None:
    pikir("audit", "draw", "--target", "migrants", "--n", "40", "--period", "2022-09-06")
    pikir("audit", "import", labelled(tmp_path / "a.csv", exported(), "aigerim", wrong=10))
    (store / "configs" / "weighting.yaml").write_text(
        yaml.safe_dump({"margins": [{"of": "language", "shares": {"ru": 20, "kk": 80}, "source": "a census"}]}),
        encoding="utf-8",
    )

    def methods(period: str) -> set[str]:
        told = json.loads(pikir("weighting", "migrants", "--period", period, "--format", "json"))
        return {row["method"] for row in told["shares"]}

    assert methods("2022-09-06") == {"ppi++"}
    assert methods("2022-W36") == {"pcc"}


def test_weighting_without_margins_or_people_says_what_to_do(store: Path) -> None:
    result = runner.invoke(app, ["weighting", "migrants", "--period", "2022-W36"])
    assert result.exit_code != 0
    assert "names no margins" in str(result.exception)
