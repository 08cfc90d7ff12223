"""What is fuzzed: each target takes bytes, and may raise nothing but what it says it raises."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretBytes

from collectors.batches import CollectorError, RecordError
from collectors.collector import open_collector
from collectors.contacts import mask_contacts
from collectors.forums.dates import ForumClock
from collectors.forums.engines import detect, engine_of
from collectors.forums.feeds import FeedEngine, is_feed
from collectors.forums.pages import Page
from collectors.forums.polite import retry_after
from collectors.forums.run import Run
from collectors.forums.state import State
from collectors.label_files import read_answers
from collectors.positions import Position
from collectors.privacy import Pseudonymiser
from collectors.values import Clock, clean
from configs.boards import EngineRules
from configs.checking import check, check_each
from configs.errors import ConfigError
from configs.loading import load
from configs.paths import SHIPPED_FORUMS
from configs.reading import Unreadable, read_yaml
from configs.settings import AlertSettings, EventSettings, Form, PollSettings, SourceSettings, TargetSettings
from configs.weighting import WeightingSettings
from storage.backup import check_backup
from storage.errors import BadBackup
from storage.records import Source
from storage.types import storable
from storage.words import found_in, fts5, terms, tsquery

ROOT = Path(__file__).resolve().parents[1]
_ZONE = ZoneInfo("Asia/Almaty")
_LATEST = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
_CLOCK = ForumClock(Clock(_ZONE, _LATEST), _ZONE)
_PACKED = b"\x1f\x8b"
_LONGEST_CONFIG = 4_000
_FORMS: tuple[type[Form], ...] = (TargetSettings, AlertSettings, WeightingSettings, EngineRules)
_LISTED_FORMS: tuple[type[Form], ...] = (SourceSettings, PollSettings, EventSettings)
_GIANT = "megabyte_message.jsonl.gz"
"""A broken file whose kin take as long as a hundred others each and show nothing else; tests read it whole."""
_PSEUDONYMISER = Pseudonymiser(SecretBytes(b"a key for fuzzing only, 32 bytes!"))

_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
Target = Callable[[bytes], None]


def export(data: bytes) -> None:
    """A file of any kind that `pikir import` is given: Telegram JSON, tables, JSON lists, mbox, packed or not."""
    with _file("export", data) as path, contextlib.suppress(CollectorError):
        source = Source("fuzz", "group")
        for one in open_collector(path, source, pseudonymiser=_PSEUDONYMISER, timezone=_ZONE, latest=_LATEST):
            for batch in one.collect(None):
                for post in batch.posts:
                    assert post.native_id
                    assert mask_contacts(post.text) == post.text
                Position.parse(batch.position)


def labels(data: bytes) -> None:
    """A file of labels: CSV, JSONL, Label Studio."""
    with _file("labels", data) as path, contextlib.suppress(CollectorError):
        read_answers(path, source="fuzz", target="migrants", coder="fuzz")


def page(data: bytes) -> None:
    """A page of a forum, a feed or a site with comments."""
    told = Page("https://forum.example.kz/t/1", data.decode("utf-8", "replace"))
    run = Run(_nothing, lambda _: None, State(), _packs(), None, 1)
    if is_feed(told):
        run.listed(told, FeedEngine())
        run.parsed(told, "1", FeedEngine())
        return
    found = detect(told, _packs())
    # Without an engine any rule may be tried: one, by the content, so that every pack has its turn.
    engine = found or engine_of(random.Random(data).choice(_packs()))
    engine.listing(told)
    assert all(post.id for post in engine.thread(told, "1").posts)


def date(data: bytes) -> None:
    """A date as forums and exports write it."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(RecordError):
        _CLOCK.read(text, _LATEST)
    with contextlib.suppress(RecordError):
        Clock(_ZONE, _LATEST).read(text)
    retry_after(data)


def text(data: bytes) -> None:
    """A text on its way in, and as words to search for."""
    raw = data.decode("utf-8", "surrogateescape")
    masked = mask_contacts(clean(raw))
    assert mask_contacts(masked) == masked
    storable(raw).encode()
    query = terms(raw)
    fts5(query)
    tsquery(query)
    found_in(masked[:2_000], query)


def config(data: bytes) -> None:
    """Every YAML file that an analyst edits: one text as each of them, and as the one that the others hang on."""
    with _file("monitor.yaml", data) as path:
        with contextlib.suppress(Unreadable):
            document = read_yaml(path)
            for form in _FORMS:
                check(document, form)
            for form in _LISTED_FORMS:
                check_each(document, form)
        with contextlib.suppress(ConfigError):
            load(path.parent)


def backup(data: bytes) -> None:
    """A file that is said to be a backup: its lines, packed as a backup is, or a packed file as it stands."""
    packed = data if data.startswith(_PACKED) else gzip.compress(data, 0)
    with _file("backup", packed) as path, contextlib.suppress(BadBackup):
        check_backup(path)


TARGETS: dict[str, Target] = {one.__name__: one for one in (export, labels, page, date, text, config, backup)}
SHARES = {"export": 9, "labels": 12, "page": 4, "date": 40, "text": 15, "config": 1, "backup": 19}
"""How many of a hundred inputs each target gets: more where one takes less time (a date 90 µs, a configuration 3 ms),
never so few that a long run says nothing about it."""


def seeds(name: str) -> Sequence[bytes]:
    """What inputs of a target are made from: the files of the tests and of the corpus, and a few lines."""
    data = ROOT / "tests" / "data"
    folders = {
        "export": [data / "broken", data / "collectors"],
        "page": [data / "forums"],
        "labels": [data / "broken"],
        "config": [ROOT / "configs"],
    }
    kinds = (".yaml",) if name == "config" else (".json", ".jsonl", ".csv", ".html", ".xml", ".gz")
    found = (path for folder in folders.get(name, []) for path in sorted(folder.rglob("*")))
    files = [path for path in found if path.suffix in kinds and path.name != _GIANT]
    files += sorted((ROOT / "fuzz" / "corpus" / name).glob("*"))
    if name == "config":
        files = [path for path in files if path.stat().st_size < _LONGEST_CONFIG]
    return [path.read_bytes() for path in files] + [line.encode() for line in _LINES.get(name, ())]


_LINES: dict[str, tuple[str, ...]] = {
    "date": (
        "вчера, 14:05", "бүгін, 9:01", "12 мар 2024, 14:05", "2024 ж. 12 наурыз, 14:05", "Вт мар 12, 2024 2:05 pm",
        "Wed, 25 Nov 2026 10:00:00 GMT", "2026-11-25T10:00:00+05:00", "1664870400", "5 минут назад", "120",
    ),
    "text": (
        "Позвоните +7 701 123 45 67 или a@b.kz, t.me/joinchat/AAAA, @name", '"точные слова" -без релоканттар',
        "4400 4301 2345 6789 и 990101300123", "Ёлка, қазақ, https://vk.com/id123",
    ),
    "labels": ("post_id,target,label\nchat/1,migrants,favor\n", '{"post_id":"chat/1","label":"against"}\n'),
    "backup": ('{"pikir":1,"schema":"0009","created_at":"","tables":{"posts":[]}}\n{"end":{"posts":[0,""]}}\n',),
    "export": (
        "From a@b Mon Oct  3 09:00:00 2022\nFrom: a@b\nDate: Mon, 3 Oct 2022 09:00:00 +0600\nMessage-ID: <1@x>\n\nТ\n",
        "id;date;text;author\n1;03.10.2022 10:00;Сәлем;a\n",
    ),
}  # fmt: skip


@contextlib.contextmanager
def _file(name: str, data: bytes) -> Iterator[Path]:
    path = folder() / name
    path.write_bytes(data)
    yield path
    path.unlink()


@cache
def folder() -> Path:
    """Where inputs stand as files: in memory where the system has such a place."""
    return Path(tempfile.mkdtemp(prefix="pikir-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))


@cache
def _packs() -> tuple[EngineRules, ...]:
    read = [check(read_yaml(file), EngineRules)[0] for file in sorted(SHIPPED_FORUMS.glob("*.yaml"))]
    return tuple(pack for pack in read if pack)


async def _nothing(url: str) -> Page:
    return Page(url, "")
