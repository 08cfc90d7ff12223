"""The whole job on a small chat: every stage does its work, once, and takes up only what is new."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import sqlalchemy as sa
from tests_support import write_chat

from flows.monitor import Outcome, monitor
from storage.audits import upsert_audits
from storage.database import open_database
from storage.fingerprint import fingerprint
from storage.opinions import count_opinions
from storage.posts import count_posts
from storage.records import Audit
from storage.shares import share_frame
from storage.tables import opinions


def run(chat: Path) -> Outcome:
    return monitor(str(chat / "configs"), f"sqlite:///{chat}/pikir.db")


def prints(chat: Path) -> dict[str, str]:
    with open_database(f"sqlite:///{chat}/pikir.db") as database, database.read() as c:
        return fingerprint(c)


def test_the_whole_job_from_file_to_weekly_shares(chat: Path) -> None:
    outcome = run(chat)

    assert [(one.source, one.new, one.rejected, one.error) for one in outcome.collected] == [("chat", 196, 0, "")]
    assert outcome.annotated.posts == 196
    assert outcome.annotated.texts == 9, "each distinct text is read once"
    with open_database(f"sqlite:///{chat}/pikir.db") as database, database.read() as c:
        assert count_posts(c) == 196
        counts = count_opinions(c)["migrants"]
        weeks = share_frame(c, target="migrants", by="week", group="all")
    assert sum(counts.values()) == 140, "every post but the 56 about something else mentions migrants"
    against = weeks.filter(pl.col("stance") == "against").sort("starts")
    assert against["period"].to_list() == ["2022-W36", "2022-W37"]
    assert against["n_authors"].to_list() == [10, 10]
    for share, low, high in against.select("share", "low", "high").iter_rows():
        assert 0 <= low < share < high <= 1
        assert 0.25 < share < 0.75, "half of those who take a stance are against"


def test_a_second_run_repeats_nothing_and_changes_nothing(chat: Path) -> None:
    run(chat)
    before = prints(chat)
    again = run(chat)

    assert (again.annotated.posts, again.estimated.periods, again.alerted.raised) == (0, 0, 0)
    assert prints(chat) == before


def test_new_posts_are_taken_up_as_if_they_had_always_been_there(chat: Path, tmp_path_factory: object) -> None:
    run(chat)
    write_chat(chat / "chat.jsonl", range(20))
    second = run(chat)
    grown = prints(chat)

    (chat / "pikir.db").rename(chat / "grown.db")
    for leftover in ("pikir.db-wal", "pikir.db-shm"):
        (chat / leftover).unlink(missing_ok=True)
    run(chat)
    fresh = prints(chat)

    assert second.annotated.posts == 84
    assert second.annotated.texts == 0, "the new posts repeat texts that were read before"
    differing = {table for table in fresh if fresh[table] != grown[table]} - {"cursors", "alerts"}
    assert differing == set()


def test_an_edited_post_is_read_again(chat: Path) -> None:
    run(chat)
    rows = [json.loads(line) for line in (chat / "chat.jsonl").read_text(encoding="utf-8").splitlines()]
    rows[2]["text"] = "Релоканты надоели, гнать их всех отсюда"
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (chat / "chat.jsonl").write_text(text, encoding="utf-8")
    outcome = run(chat)

    assert (outcome.collected[0].new, outcome.collected[0].changed) == (0, 1)
    assert (outcome.annotated.posts, outcome.annotated.texts, outcome.annotated.opinions) == (1, 1, 1)
    assert outcome.estimated.periods > 0


def test_a_source_that_cannot_be_read_does_not_stop_the_others(chat: Path) -> None:
    sources = chat / "configs" / "sources.yaml"
    sources.write_text(
        "- {name: gone, kind: group, path: nowhere.json}\n" + sources.read_text(encoding="utf-8"), encoding="utf-8"
    )
    outcome = run(chat)

    gone, there = outcome.collected
    assert "nowhere.json" in gone.error
    assert there.new == 196


def test_labels_of_people_change_every_period_and_purposive_ones_none(chat: Path) -> None:
    run(chat)
    before = prints(chat)["shares"]
    now = dt.datetime(2022, 10, 1, tzinfo=dt.UTC)
    url = f"sqlite:///{chat}/pikir.db"
    with open_database(url) as database:
        with database.read() as c:
            posts = c.execute(sa.select(opinions.c.source, opinions.c.native_id, opinions.c.stance)).all()
        corrected = [Audit(s, n, "migrants", "a", "favor", None, now, now) for s, n, _ in posts]
        with database.write() as c:
            upsert_audits(c, corrected)
        run(chat)
        assert prints(chat)["shares"] == before
        # A calibration takes all three answers, whatever this machine's arithmetic makes the model read.
        said = [stance if place % 5 else "neutral" for place, (_, _, stance) in enumerate(posts)]
        drawn = [
            Audit(s, n, "migrants", "b", label, 0.5, now, now) for (s, n, _), label in zip(posts, said, strict=True)
        ]
        with database.write() as c:
            upsert_audits(c, drawn)
        outcome = run(chat)
        with database.read() as c:
            told = share_frame(c, target="migrants", by="week", group="all", among="all")
    assert outcome.estimated.periods > 0
    assert prints(chat)["shares"] != before
    # Ten authors are too few labelled for ppi++; their labels calibrate emq, or say that they cannot.
    assert set(told["method"]) <= {"emq", "pcc"}
    assert run(chat).estimated.periods == 0
