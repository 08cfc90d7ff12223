"""The command line as a user meets it: help with examples, files in and out, errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from pikir.cli import main
from pikir.cli.app import app

ROOT = Path(__file__).parent.parent.parent
runner = CliRunner()


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


ALL = list(commands(typer.main.get_command(app)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _ in ALL])
def test_every_command_has_help_with_an_example(words: tuple[str, ...], command: click.Command) -> None:
    assert "Example: [bold]pikir " in (command.help or "")
    result = runner.invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    for parameter in command.params:
        if parameter.name != "help":
            assert getattr(parameter, "help", ""), f"{' '.join(words)}: {parameter.name} is not explained"


def write_posts(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["post_id", "author", "p_against", "p_neutral", "p_favor"])
        for n in range(60):
            writer.writerow([n, f"a{n % 30}", *([0.8, 0.1, 0.1] if n % 3 else [0.1, 0.2, 0.7])])
        writer.writerow([99, "x", "oops", 0.1, 0.2])
    return path


def test_shares_of_a_file(tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "posts.csv")
    result = runner.invoke(app, ["shares", "--posts", str(posts), "--format", "json"])

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    against = told["shares"]["against"]
    assert 0 < against["low"] < against["share"] < against["high"] < 1
    assert (told["n_posts"], told["n_authors"]) == (60, 30)
    assert sum(told["set_aside"].values()) == 1, "the row that is no number is set aside and counted"


def test_spikes_of_a_file_as_csv(tmp_path: Path) -> None:
    series = tmp_path / "series.csv"
    counts = [10, 12, 11, 9, 10, 12, 11, 10, 9, 11, 10, 60]
    lines = [f"2022-01-{day:02d},{count}" for day, count in enumerate(counts, start=1)]
    series.write_text("\n".join(["time,count", *lines]) + "\n", encoding="utf-8")
    result = runner.invoke(app, ["spikes", "--series", str(series), "--method", "ears-c1", "--format", "csv"])

    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["time", "observed", "expected", "upper", "score", "alarm"]
    assert [row["alarm"] for row in rows] == ["0"] * 11 + ["1"]


def test_targets_sets_bad_rows_aside_and_reads_the_rest(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good = {"id": "1", "text": "Релоканты приехали из России"}
    source.write_text(json.dumps(good) + '\n{"id": "2"}\nnot json\n' + json.dumps({"id": "3", "text": 5}) + "\n")
    result = runner.invoke(app, ["targets", "--input", str(source), "--output", str(out)])

    assert result.exit_code == 2
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1"]
    assert rows[0]["language"] == "ru"
    assert {mention["target"] for mention in rows[0]["mentions"]} == {"migrants", "russia"}
    for mention in rows[0]["mentions"]:
        assert good["text"][mention["start"] : mention["end"]] == mention["surface"]


def test_stance_toward_configured_and_free_targets(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "Понаехали, цены взлетели, пусть убираются обратно", "target": "migrants"},
        {"id": 2, "text": "Билайн сегодня молодцы, всё починили быстро, спасибо", "target": "билайн"},
        {"id": 3, "text": "", "target": "russia"},
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    result = runner.invoke(app, ["stance"], input=text)

    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in told] == [1, 2, 3]
    assert [row["stance"] for row in told[:2]] == ["against", "favor"]
    for row in told:
        assert row["p_against"] + row["p_neutral"] + row["p_favor"] == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shares", "--posts", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["spikes", "--series", "-", "--method", "magic"], "no spike detector 'magic'"),
        (["trends", "nobody"], "no target 'nobody'"),
        (["import", "nowhere.json", "--source", "x"], "nowhere.json"),
    ],
)
def test_an_error_says_what_is_wrong_without_a_traceback(
    words: list[str], said: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIKIR_CONFIG", str(checkout / "configs"))
    monkeypatch.setattr("sys.argv", ["pikir", *words])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"time,count\n1,2\n")))
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit) as leaving:
        main()
    told = capsys.readouterr()
    assert leaving.value.code == 1
    assert said in " ".join((told.err + told.out).split())
    assert "Traceback" not in told.err + told.out


SERIES = "date,count\n" + "".join(f"2024-01-{day:02},{20 + day % 3}\n" for day in range(1, 15)) + "2024-01-15,60\n"


@pytest.mark.parametrize(
    "content",
    [
        SERIES.replace(",", ";").encode("utf-8-sig"),
        SERIES.replace(",", "\t").replace("\n", "\r\n").encode(),
        SERIES.replace("date,count", "Date, Count").replace(",2", ", 2").encode() + b"\n\n",
        re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\3.\2.\1", SERIES).encode(),
    ],
    ids=["semicolons", "tabs", "blanks", "days first"],
)
def test_spikes_of_a_table_as_programs_save_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    result = runner.invoke(app, ["spikes", "--series", str(path), "--method", "ears-c1", "--format", "json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["alarm"] for row in rows] == [0] * 14 + [1]
    assert rows[-1]["observed"] == 60


def test_import_then_the_listing_of_sources(checkout: Path, tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("no,when,body,nick\n1,2022-03-01 10:00,Привет всем,a\n2,later,Не дата,b\n", encoding="utf-8")
    place = ["--config", str(checkout / "configs"), "--database", f"sqlite:///{tmp_path}/p.db"]
    words = ["import", str(posts), "--source", "board", "--kind", "forum"]
    result = runner.invoke(app, [*words, "--map", "id=no,date=when,text=body,author=nick", *place])
    listed = runner.invoke(app, ["sources", "--format", "json", *place])

    assert result.exit_code == 0, result.output
    (board,) = json.loads(listed.stdout)
    assert (board["source"], board["kind"], board["posts"], board["rejected"]) == ("board", "forum", 1, 1)


def test_what_a_command_writes_is_for_its_user_alone(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "мигранты"}\n', encoding="utf-8")
    home = tmp_path / "prefect" / "home"
    command = "import os; os.umask(0); from pikir.cli import main; import flows; main()"
    words = ("targets", "--input", str(tmp_path / "in.jsonl"), "--output", str(tmp_path / "out.jsonl"))
    environ = {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", command, *words], env=environ, check=True)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out.jsonl", home.parent, home)]
    assert [f"{mode:o}" for mode in modes] == ["600", "700", "700"]
