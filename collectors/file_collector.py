"""A file as a collector: records in, batches of posts out, resumable after every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from collectors.batches import Batch, RecordError, Skip, Tally
from collectors.files import TextFile
from collectors.positions import Position, Prefix
from collectors.records import Reader, Record
from collectors.values import excerpt
from storage.records import Post, Rejected, Source

BATCH_RECORDS = 2000
BATCH_BYTES = 1 << 23
Convert = Callable[[dict[str, Any]], "Post | Skip"]


class FileCollector:
    """The posts of one source in one file. `notes` tell what of the file was left out on purpose.

    A position outlives growth: a file that still begins with what was read goes on behind it, any other is read anew
    (upserts make that harmless), one without anything new gives no batch at all.
    """

    def __init__(
        self, source: Source, file: TextFile, reader: Reader, convert: Convert, notes: tuple[str, ...] = ()
    ) -> None:
        self.source = source
        self.notes = notes
        self.whole = True
        self._file = file
        self._reader = reader
        self._convert = convert

    def __repr__(self) -> str:
        return f"FileCollector({self.source.source!r}, {self._file.name!r})"

    def collect(self, position: str | None = None) -> Iterator[Batch]:
        """Batches of up to 2,000 records behind `position`; bad records come as `Rejected`, nothing is raised for
        them.

        CollectorError where the file itself can no longer be opened.
        """
        resume = self._resume(Position.parse(position))
        if resume is not None:
            yield from self._batches(resume)

    def _resume(self, position: Position) -> Position | None:
        """The position if the file still begins so, the beginning if not, None if the file ends where reading ended."""
        if not position.digest:
            return Position()
        with self._file.open(self._reader.start, self._reader.limit) as stream:
            prefix = Prefix(stream)
            if prefix.digest(position.offset) != position.digest:
                return Position()
            return None if position.tail and prefix.rest() == position.tail else position

    def _batches(self, resume: Position) -> Iterator[Batch]:
        reader, offset, number = self._reader, resume.offset, resume.records
        with (
            self._file.open(reader.start, reader.limit) as hashed,
            self._file.open(reader.start + offset, reader.limit) as stream,
        ):
            prefix = Prefix(hashed)
            pending, begun = _Pending(self), offset
            for record in reader.read(stream, offset, number):
                pending.add(record)
                offset, number = record.end, record.through or record.number
                if pending.read >= BATCH_RECORDS or offset - begun >= BATCH_BYTES:
                    position = Position(offset, number, prefix.digest(offset))
                    yield pending.close(str(position), self._progress(offset, stream.fraction))
                    pending, begun = _Pending(self), offset
            if stream.damage:
                pending.reject(f"{self._file.name}: end", stream.damage)
            digest = prefix.digest(offset)
            yield pending.close(str(Position(offset, number, digest, prefix.rest())), 1.0)

    def _progress(self, offset: int, fraction: float) -> float:
        end = self._reader.limit or self._file.size
        return min(1.0, offset / max(1, end - self._reader.start)) if end is not None else fraction

    def post(self, record: Record) -> Post | Skip:
        """The record as a post. RecordError where it cannot be one."""
        if record.reason:
            raise RecordError(record.reason)
        return self._convert(record.value)

    def place(self, record: Record) -> str:
        """Where the record stands: "result.json: message 17"."""
        return f"{self._file.name}: {self._reader.place(record)}"


class _Pending:
    """The batch that is being filled."""

    def __init__(self, collector: FileCollector) -> None:
        self._collector = collector
        self._posts: dict[str, tuple[Post, Record]] = {}
        self._rejected: list[Rejected] = []
        self._skipped = {Skip.SERVICE: 0, Skip.EMPTY: 0}
        self._duplicates = 0
        self._repaired = 0
        self.read = 0

    def add(self, record: Record) -> None:
        self.read += 1
        try:
            post = self._collector.post(record)
        except RecordError as error:
            text = record.value.get("text") if isinstance(record.value, dict) else record.excerpt
            self.reject(self._collector.place(record), str(error), excerpt(text))
            return
        if isinstance(post, Skip):
            self._skipped[post] += 1
            return
        self._repaired += record.repaired
        self._keep(post, record)

    def _keep(self, post: Post, record: Record) -> None:
        """A key appears once in a batch; of two different posts under one key the later one counts, as an edit does."""
        earlier = self._posts.pop(post.native_id, None)
        if earlier is not None and earlier[0] == post:
            self._duplicates += 1
        elif earlier is not None:
            place = self._collector.place
            reason = f"{place(record)} has the same id ({excerpt(post.native_id)}) and other content, and replaces it"
            self.reject(f"{place(earlier[1])} (earlier)", reason, excerpt(earlier[0].text))
        self._posts[post.native_id] = (post, record)

    def reject(self, place: str, reason: str, text: str = "") -> None:
        self._rejected.append(Rejected(self._collector.source.source, place, reason, text))

    def close(self, position: str, progress: float) -> Batch:
        tally = Tally(
            read=self.read,
            posts=len(self._posts),
            service=self._skipped[Skip.SERVICE],
            empty=self._skipped[Skip.EMPTY],
            duplicates=self._duplicates,
            repaired=self._repaired,
            rejected=len(self._rejected),
        )
        return Batch([post for post, _ in self._posts.values()], self._rejected, position, progress, tally)
