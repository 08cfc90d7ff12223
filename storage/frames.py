"""Bulk reading: a query in, a Polars frame out, column by column and a piece at a time.

A million rows take a few seconds and never stand in memory as Python objects all at once.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.types import Instant, Json, NameList

PIECE = 10_000
_INSTANT = pl.Datetime("us", "UTC")
_DTYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], pl.DataType], ...] = (
    (Instant, pl.Int64()),
    (sa.Boolean, pl.Boolean()),
    (sa.Date, pl.Date()),
    (sa.BigInteger, pl.Int64()),
    (sa.Double, pl.Float64()),
)


def read_frame(c: Connection, query: sa.Select[Any]) -> pl.DataFrame:
    """The rows of `query` as a frame with the query's column names, also where there are no rows.

    Instants are Datetime("us", "UTC"), lists of names List(String), other JSON stays text.
    """
    columns = list(query.selected_columns)
    schema = {str(column.key): _dtype(column.type) for column in columns}
    # Instants and JSON are converted by Polars, a column at a time, not by a call for each value.
    plain = query.with_only_columns(*(_plain(column) for column in columns), maintain_column_froms=True)
    result = c.execute(plain, execution_options={"yield_per": PIECE})
    pieces = [
        pl.DataFrame(
            [
                pl.Series(name, values, dtype)
                for (name, dtype), values in zip(schema.items(), zip(*rows, strict=True), strict=True)
            ]
        )
        for rows in result.partitions()
    ]
    frame = pl.concat(pieces) if pieces else pl.DataFrame(schema=schema)
    instants = [pl.col(str(column.key)).cast(_INSTANT) for column in columns if isinstance(column.type, Instant)]
    named = [pl.col(str(column.key)) for column in columns if isinstance(column.type, NameList)]
    converted = [*instants, *(one.str.json_decode(pl.List(pl.String)) for one in named)]
    return frame.with_columns(converted) if converted else frame


def _dtype(kind: sa.types.TypeEngine[Any]) -> pl.DataType:
    return next((dtype for sql, dtype in _DTYPES if isinstance(kind, sql)), pl.String())


def _plain(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, Instant):
        return sa.type_coerce(column, sa.BigInteger).label(str(column.key))
    if isinstance(column.type, Json):
        return sa.type_coerce(column, sa.Text).label(str(column.key))
    return column
