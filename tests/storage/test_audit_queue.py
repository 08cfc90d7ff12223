"""The queue of a coder, corrections that never enter estimates, draws that grow, and what was settled."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from storage.audits import (
    adjudication_frame,
    audit_frame,
    next_post,
    queue_counts,
    save_adjudications,
    save_correction,
    save_label,
    skip_post,
    undo_label,
)
from storage.database import Database
from storage.draws import drawn_frame, drawn_posts_of, draws, store_draw
from storage.errors import BadCoder, NotDrawn
from storage.posts import mark_deleted, upsert_posts
from storage.records import Adjudication, Draw, DrawnPost, Post

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
DRAW = Draw(
    "migrants", "2026-W10", NOON, NOON + dt.timedelta(days=7), "m", 0, 8, 12, {"against": (4, 2), "favor": (4, 1)}, NOON
)
SAMPLE = [DrawnPost(0, "forum", str(n), n, "against", 0.5, 2) for n in range(3)]


@pytest.fixture
def filled(database: Database) -> Database:
    """Six posts, of which three were drawn."""
    with database.write() as c:
        upsert_posts(c, [Post("forum", str(n), NOON, f"text {n}", f"author {n}") for n in range(6)])
        store_draw(c, DRAW, SAMPLE)
    return database


def upcoming(database: Database, coder: str = "ann", overlap: int | None = None) -> str | None:
    with database.read() as c:
        found = next_post(c, "migrants", coder, overlap)
    return None if found is None else found.native_id


def test_a_draw_reads_back_as_it_was(filled: Database) -> None:
    with filled.write() as c:
        second = store_draw(c, replace(DRAW, target="russia"), [])
        assert draws(c) == [replace(DRAW, id=1), second]
        assert draws(c, "migrants") == [replace(DRAW, id=1)]
        assert drawn_posts_of(c, 1) == [replace(post, draw=1) for post in SAMPLE]
        assert drawn_frame(c, "migrants")["text"].to_list() == ["text 0", "text 1", "text 2"]
        assert drawn_frame(c, "migrants", starts=NOON + MINUTE).is_empty()


def test_the_queue_goes_on_where_a_coder_left_off(filled: Database) -> None:
    with filled.write() as c:
        first = next_post(c, "migrants", "ann")
        assert first is not None
        assert (first.text, first.target, first.skipped) == ("text 0", "migrants", False)
        save_label(c, "migrants", ("forum", "0"), "ann", "against", NOON)
        skip_post(c, "migrants", ("forum", "1"), "ann", NOON + MINUTE)
        assert tuple(vars_of(c)) == (3, 1, 1)
    assert upcoming(filled) == "2"
    assert upcoming(filled, "bob") == "0"
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "2"), "ann", None, NOON + 2 * MINUTE)
    assert upcoming(filled) == "1"
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "1"), "ann", "favor", NOON + 3 * MINUTE)
    assert upcoming(filled) is None


def vars_of(c: object) -> tuple[int, int, int]:
    counts = queue_counts(c, "migrants", "ann")  # type: ignore[arg-type]
    return counts.drawn, counts.labelled, counts.skipped


def test_undo_takes_back_the_last_answer_first(filled: Database) -> None:
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "0"), "ann", "against", NOON)
        save_label(c, "migrants", ("forum", "1"), "ann", "favor", NOON + MINUTE)
        save_correction(c, "migrants", ("forum", "5"), "ann", "favor", NOON + 2 * MINUTE)
        taken = undo_label(c, "migrants", "ann")
        assert taken is not None
        assert (taken.native_id, taken.label) == ("1", "favor")
    assert upcoming(filled) == "1"
    with filled.write() as c:
        assert undo_label(c, "migrants", "ann") is not None
        assert undo_label(c, "migrants", "ann") is None
        assert audit_frame(c)["native_id"].to_list() == ["5"]


def test_a_correction_has_no_probability_and_never_replaces_a_blind_label(filled: Database) -> None:
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "0"), "ann", "against", NOON)
        kept = save_correction(c, "migrants", ("forum", "0"), "ann", "favor", NOON)
        assert (kept.label, kept.inclusion_probability) == ("against", 0.5)
        assert save_correction(c, "migrants", ("forum", "1"), "ann", "favor", NOON).inclusion_probability is None
        assert save_correction(c, "migrants", ("forum", "4"), "ann", "favor", NOON).inclusion_probability is None
        with pytest.raises(NotDrawn, match="there is no post forum/99"):
            save_correction(c, "migrants", ("forum", "99"), "ann", "favor", NOON)
    assert upcoming(filled) == "1", "a correction is not an answer of the queue"
    with filled.write() as c:
        assert save_label(c, "migrants", ("forum", "1"), "ann", "neutral", NOON).inclusion_probability == 0.5


def test_only_drawn_posts_are_labelled_by_somebody_with_a_name(filled: Database) -> None:
    with filled.write() as c:
        with pytest.raises(NotDrawn, match="forum/4 belongs to no draw for migrants"):
            save_label(c, "migrants", ("forum", "4"), "ann", "favor")
        with pytest.raises(NotDrawn, match="no draw for russia"):
            skip_post(c, "russia", ("forum", "0"), "ann")
        for name in ("", " ann", "x" * 65):
            with pytest.raises(BadCoder, match="give 1 to 64 characters"):
                save_label(c, "migrants", ("forum", "0"), name, "favor")


def test_after_the_overlap_a_labelled_post_is_offered_to_nobody_else(filled: Database) -> None:
    with filled.write() as c:
        for n in range(2):
            save_label(c, "migrants", ("forum", str(n)), "bob", "against", NOON)
    assert upcoming(filled, overlap=1) == "0"
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "0"), "ann", "against", NOON)
    assert upcoming(filled, overlap=1) == "2"
    assert upcoming(filled) == "1"


def test_deleted_posts_leave_the_queue(filled: Database) -> None:
    with filled.write() as c:
        mark_deleted(c, [("forum", "0")], NOON)
    assert upcoming(filled) == "1"


def test_a_draw_that_grows_renews_the_probabilities_of_its_labels(filled: Database) -> None:
    larger = [replace(post, inclusion_probability=0.75) for post in SAMPLE]
    with filled.write() as c:
        save_label(c, "migrants", ("forum", "0"), "ann", "against", NOON)
        save_correction(c, "migrants", ("forum", "5"), "ann", "favor", NOON)
        more = DrawnPost(1, "forum", "3", 3, "favor", 0.75, 1)
        store_draw(c, replace(DRAW, id=1, strata={"against": (4, 3), "favor": (4, 3)}), [*larger, more])
        assert audit_frame(c)["inclusion_probability"].to_list() == [0.75, None]
        assert len(drawn_posts_of(c, 1)) == 4
        assert draws(c)[0].strata["favor"] == (4, 3)
        with pytest.raises(ValueError, match="3 posts of draw 1 are missing"):
            store_draw(c, replace(DRAW, id=1), [more])


def test_what_was_settled_last_counts(filled: Database) -> None:
    settled = Adjudication("forum", "0", "migrants", "favor", "eva", NOON, "irony")
    with filled.write() as c:
        save_adjudications(c, [replace(settled, label=None)])
        save_adjudications(c, [settled])
        assert [Adjudication(**row) for row in adjudication_frame(c, "migrants").iter_rows(named=True)] == [settled]
        assert adjudication_frame(c, "russia").is_empty()
