"""The history of the schema, applied by `open_database`; no command to remember.

To change the schema: change `storage/tables/`, add `versions/<number>_<what>.py` beside the others and
set HEAD. A test compares the two on both databases.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import lock_for_migration
from storage.errors import NotADatabase, SchemaTooNew
from storage.tables import metadata

HEAD = "0013"
VERSION_TABLE = "pikir_version"
FOLDER = Path(__file__).parent

_version = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))


def schema_version(c: Connection) -> str | None:
    """The version of the schema in the database, None where there is none yet.

    NotADatabase where tables of our names stand there without a version: another program's.
    """
    inspector = sa.inspect(c)
    names = set(inspector.get_table_names())
    if VERSION_TABLE in names:
        return c.execute(sa.select(_version.c.version_num)).scalar()
    strangers = sorted(names & set(metadata.tables))
    if strangers:
        raise NotADatabase(
            f"this database holds the tables {', '.join(strangers)} of another program; "
            "give pikir a file or a PostgreSQL database of its own"
        )
    return None


def migrate(c: Connection, to: str = HEAD) -> None:
    """Bring the schema up to version `to` inside the caller's transaction: all of it or nothing.

    SchemaTooNew where the database has a version that this program does not know.
    """
    from alembic import command  # a third of a second that an up-to-date database need not wait
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    lock_for_migration(c)
    config = Config(attributes={"connection": c, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    version = schema_version(c)
    if version is not None and version not in known:
        raise SchemaTooNew(
            f"the database has schema version {version}, this program knows up to {HEAD}: "
            "a newer pikir wrote it; update this checkout (git pull, make setup) or give another database"
        )
    command.upgrade(config, to)
