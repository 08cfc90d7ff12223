"""How far a forum has been read: what each thread looked like, where its unread pages begin, which boards are done.

The state is the collector's position. A change of it travels with the posts that it follows from, so that storing
both in one transaction can neither lose nor repeat a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import orjson

MOST_THREADS = 20_000
MOST_TRIES = 5


@dataclass(slots=True)
class ThreadState:
    """One thread. `signature`: of the list when everything was read, "" while pages are unread.

    `first` is its first page, `at` the page to go on with (the last one read, which may have grown, or the first unread
    one), `last` the id of the last post seen. `checked`: the number of the run that last read it from beginning to end;
    `recheck`: the page where such a reading goes on.
    """

    first: str
    at: str
    signature: str = ""
    last: str = ""
    checked: int = 0
    recheck: str = ""

    def packed(self) -> list[Any]:
        """As a list, in the order of the fields."""
        return [getattr(self, item.name) for item in fields(self)]


@dataclass(slots=True)
class State:
    """`run` counts runs. `since`: the first day that was asked for, "" for all. `plain`: pages are read as people
    see them, because the server gives no form that the engine reads better. `deep`: list → its first page that no
    run has come to yet, "" once all were read. `failed`: thread → its address and how often it could not be read.
    `approximate`: post → the time first read for it, for posts of which the page only says how long ago they were
    written. `answers`: post → what it answers, where that was found on a page that is not read together with it every
    time.
    """

    run: int = 0
    since: str = ""
    plain: bool = False
    threads: dict[str, ThreadState] = field(default_factory=dict)
    deep: dict[str, str] = field(default_factory=dict)
    failed: dict[str, tuple[str, int]] = field(default_factory=dict)
    approximate: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> State:
        """The state written by `str`; an empty one for None or anything else."""
        state = cls()
        try:
            state.merge(orjson.loads(text or "{}"))
        except (orjson.JSONDecodeError, TypeError, ValueError, AttributeError):
            return cls()
        return state

    def __str__(self) -> str:
        return orjson.dumps(
            {
                "run": self.run,
                "since": self.since,
                "plain": self.plain,
                "threads": {name: thread.packed() for name, thread in self.threads.items()},
                "deep": self.deep,
                "failed": self.failed,
                "approximate": self.approximate,
                "answers": self.answers,
            }
        ).decode()

    def merge(self, change: dict[str, Any]) -> None:
        """Takes over a change: what is named replaces what was; a failure or a thread of None is over.

        `anew`: everything is read again.
        """
        if change.get("anew"):
            self.threads, self.deep, self.failed = {}, {}, {}
        self.run = int(change.get("run", self.run))
        self.since = str(change.get("since", self.since))
        self.plain = bool(change.get("plain", self.plain))
        for name, packed in change.get("threads", {}).items():
            # The thread written in last stands last, so that what was quiet longest is forgotten first.
            self.threads.pop(name, None)
            if packed is not None:
                self.threads[name] = ThreadState(*packed)
        self.deep |= change.get("deep", {})
        for name, failure in change.get("failed", {}).items():
            if failure is None:
                self.failed.pop(name, None)
            else:
                self.failed[name] = (str(failure[0]), int(failure[1]))
        self.approximate |= change.get("approximate", {})
        self.answers |= change.get("answers", {})
        for kept in (self.threads, self.approximate, self.answers):
            while len(kept) > MOST_THREADS:
                del kept[next(iter(kept))]
