"""The columns that tables are made of: named as the fields of records, and whether a column is a clock's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storage.types import Words

WALL_CLOCK = {"wall_clock": True}

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(referred_table_name)s"})


def key(name: str) -> sa.Column[str]:
    """A text that is part of the primary key."""
    return sa.Column(name, Words, primary_key=True)


def text(name: str) -> sa.Column[str]:
    """A text; "" where there is nothing to say, never null."""
    return sa.Column(name, Words, nullable=False)


def count(name: str, nullable: bool = False) -> sa.Column[int]:
    """A whole number."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def number(name: str, nullable: bool = False) -> sa.Column[float]:
    """A real number in double precision."""
    return sa.Column(name, sa.Double, nullable=nullable)


def day(name: str) -> sa.Column[Any]:
    """A calendar day."""
    return sa.Column(name, sa.Date, nullable=False)


def of_post() -> sa.ForeignKeyConstraint:
    """The row goes when its post goes."""
    return sa.ForeignKeyConstraint(["source", "native_id"], ["posts.source", "posts.native_id"], ondelete="CASCADE")


def driver_typed(table: sa.Table) -> sa.Table:
    """The same table as the driver sees it: instants are integers, texts unchecked. For bulk work."""
    columns: list[sa.Column[Any]] = []
    for column in table.columns:
        kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
        columns.append(sa.Column(column.name, kind, primary_key=column.primary_key, autoincrement=False))
    return sa.Table(table.name, sa.MetaData(), *columns)
