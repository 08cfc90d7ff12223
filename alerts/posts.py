"""What the posts of a spike are like: their words, the typical ones, copies among them, and who writes them first."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from analysis.copies import copy_groups
from analysis.typical import typical
from analysis.wording import contrast

MOST_POSTS = 2_000
NEW_DAYS = 7
LEAST_Z = 2.58
_LEAST_POSTS = 3
_MOST_WORDS = 12
_EXCERPT = 240
_CALL = re.compile("<(?=[!@#])")
# A campaign is suspected above these, where they are twice the usual as well.
_MANY_COPIES, _MANY_NEW, _LEAST_FOR_CAMPAIGN = 0.3, 0.4, 10
_LEAST_COPIES, _LEAST_AUTHORS = 5, 3

SCHEMA = {
    "source": pl.String(),
    "native_id": pl.String(),
    "author": pl.String(),
    "posted_at": pl.Datetime("us", "UTC"),
    "text": pl.String(),
    "words": pl.List(pl.String),
    "forms": pl.List(pl.String),
    "current": pl.Boolean(),
}


def describe_posts(
    posts: pl.DataFrame, first_seen: Mapping[str, dt.datetime], history_begins: dt.datetime | None
) -> dict[str, Any]:
    """words, typical_posts, near_duplicates, new_accounts and campaign, as plain values.

    `posts` has the columns of `SCHEMA`: those that the alert counted (`current`) and those of the weeks before that
    the same measure counted; `text` masked, `words` and `forms` its words as keys and as written, aligned.
    `first_seen`: when each author's first post was published, as far as was collected; `history_begins`: the first
    post of all.
    """
    now, before = posts.filter("current"), posts.filter(~pl.col("current"))
    copies = near_duplicates(now, before)
    accounts = new_accounts(now, before, first_seen, history_begins)
    return {
        "words": distinctive_words(now, before),
        "typical_posts": typical_posts(now, before),
        "near_duplicates": copies,
        "new_accounts": accounts,
        "campaign": _campaign(now.height, copies, accounts),
    }


def distinctive_words(now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """Up to twelve words by z: word (its commonest form), here and there (posts that have it), z.

    Only words with z of at least 2.58 in at least three posts.
    """
    forms: dict[str, Counter[str]] = {}
    for keys, written in now.select("words", "forms").iter_rows():
        for key, form in zip(keys, written, strict=True):
            forms.setdefault(key, Counter())[form] += 1
    told = [one for one in contrast(_words(now), _words(before)) if one.z >= LEAST_Z and one.here >= _LEAST_POSTS]
    return [
        {
            "word": min(forms[one.word].items(), key=lambda pair: (-pair[1], pair[0]))[0],
            "here": one.here,
            "there": one.there,
            "z": round(one.z, 2),
        }
        for one in told[:_MOST_WORDS]
    ]


def typical_posts(now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, str]]:
    """Up to three: source, native_id, posted_at (UTC), text in one line, shortened."""
    rows = now.select("source", "native_id", "posted_at", "text")
    chosen = (rows.row(place, named=True) for place in typical(_words(now), _words(before)))
    return [
        {**row, "posted_at": row["posted_at"].isoformat(timespec="minutes"), "text": excerpt(row["text"])}
        for row in chosen
    ]


def near_duplicates(now: pl.DataFrame, before: pl.DataFrame) -> dict[str, Any]:
    """share of the posts that have a near copy among them, the same for the posts before, and the largest group.

    `usual` is None where there were no posts before; it is among a like number of posts, since more posts find
    more copies of one another.
    """
    labels = copy_groups(_words(now))
    label, largest = Counter(labels).most_common(1)[0] if labels else (0, 0)
    authors = {a for a, one in zip(now["author"].to_list(), labels, strict=True) if one == label and a}
    like = before.tail(max(now.height, 50))
    return {
        "share": _share_copied(labels),
        "usual": _share_copied(copy_groups(_words(like))) if before.height else None,
        "largest": largest if largest > 1 else 0,
        "authors_of_largest": len(authors) if largest > 1 else 0,
    }


def new_accounts(
    now: pl.DataFrame,
    before: pl.DataFrame,
    first_seen: Mapping[str, dt.datetime],
    history_begins: dt.datetime | None,
) -> dict[str, Any] | None:
    """share of the authors who were first seen in the seven days up to their post, the same before, and their number.

    None where no post has an author, or where the collection began less than four weeks before these posts: everybody
    is new then. `usual` is None where the posts before are too near to that beginning.
    """
    reach = dt.timedelta(days=28)
    share, authors = _share_new(now, first_seen)
    first: Any = now["posted_at"].min()
    if share is None or history_begins is None or first - history_begins < reach:
        return None
    late = before.filter(pl.col("posted_at") >= history_begins + reach)
    return {"share": share, "usual": _share_new(late, first_seen)[0], "authors": authors}


def excerpt(text: str, length: int = _EXCERPT) -> str:
    """`text` in one line of at most `length` characters, cut at a word.

    What would call people or channels in a chat that the alert goes to (@everyone, <!channel>) is made harmless.
    """
    line = " ".join(_CALL.sub("‹", text).replace("@", "＠").split())
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def _campaign(posts: int, copies: Mapping[str, Any], accounts: Mapping[str, Any] | None) -> bool:
    """Whether copies or new accounts are so many, and so many more than usual, that somebody may have arranged it."""
    if posts < _LEAST_FOR_CAMPAIGN:
        return False
    copied = copies["share"] >= _MANY_COPIES and copies["share"] >= 2 * (copies["usual"] or 0.0)
    if copied and copies["largest"] >= _LEAST_COPIES and copies["authors_of_largest"] >= _LEAST_AUTHORS:
        return True
    return bool(accounts and accounts["share"] >= max(_MANY_NEW, 2 * (accounts["usual"] or 0.0)))


def _share_copied(labels: Sequence[int]) -> float:
    sizes = Counter(labels)
    return round(sum(sizes[label] > 1 for label in labels) / len(labels), 4) if labels else 0.0


def _share_new(posts: pl.DataFrame, first_seen: Mapping[str, dt.datetime]) -> tuple[float | None, int]:
    """The share of new authors among those of a day, a day's author once, and how many that were."""
    latest = (
        posts.filter(pl.col("author") != "")
        .group_by("author", pl.col("posted_at").dt.date())
        .agg(at=pl.col("posted_at").max())
    )
    pairs = [(author, at) for author, at in latest.select("author", "at").iter_rows() if author in first_seen]
    if not pairs:
        return None, 0
    fresh = sum(at - first_seen[author] <= dt.timedelta(days=NEW_DAYS) for author, at in pairs)
    return round(fresh / len(pairs), 4), len(pairs)


def _words(posts: pl.DataFrame) -> list[Sequence[str]]:
    return posts["words"].to_list()
