"""What can go wrong with the database, each with what to do.

StorageError
├── BadAddress          the URL names no database that pikir can use
├── CannotOpen          the file or its folder cannot be created, read or written
├── NotADatabase        the file is something else than an SQLite database of pikir
├── ServerUnreachable   the PostgreSQL server does not answer or refuses
├── SchemaTooNew        a newer pikir wrote this database
├── DiskFull            there is no room for what is to be written
├── DatabaseBusy        another process held the write lock for too long
├── LeaseTaken          another process does what only one may do at a time
├── UnknownAlert        no alert has this id
├── NotDrawn            the post belongs to no draw of this target
├── BadCoder            a coder's name is empty or too long
├── BadBackup           a file is no backup, is damaged, or cannot be written
└── NotEmpty            a backup would replace what is there
"""

from __future__ import annotations


class StorageError(Exception):
    """Anything that the database refuses. The message says what, where and what to do."""


class BadAddress(StorageError):  # noqa: N818
    """The URL names no database that pikir can use."""


class CannotOpen(StorageError):  # noqa: N818
    """The file or its folder cannot be created, read or written."""


class NotADatabase(StorageError):  # noqa: N818
    """The file is something else than an SQLite database of pikir."""


class ServerUnreachable(StorageError):  # noqa: N818
    """The PostgreSQL server does not answer, or refuses this user or database."""


class SchemaTooNew(StorageError):  # noqa: N818
    """A newer version of pikir wrote this database."""


class DiskFull(StorageError):  # noqa: N818
    """The disk under the database takes no more; what was committed stays."""


class DatabaseBusy(StorageError):  # noqa: N818
    """Another process held the write lock for longer than the time that a writer waits."""


class LeaseTaken(StorageError):  # noqa: N818
    """Another process does what only one may do at a time."""


class UnknownAlert(StorageError, LookupError):  # noqa: N818
    """No alert has this id."""


class NotDrawn(StorageError, LookupError):  # noqa: N818
    """The post belongs to no draw of this target, or is not stored."""


class BadCoder(StorageError, ValueError):  # noqa: N818
    """The name of a coder is empty or too long."""


class BadBackup(StorageError):  # noqa: N818
    """A file is no backup of pikir, is damaged or cut off, or cannot be written."""


class NotEmpty(StorageError):  # noqa: N818
    """A backup would replace what is in the database, and nobody said that it may."""
