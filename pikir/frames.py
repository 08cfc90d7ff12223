"""How a notebook shows what it is given: frames of Polars or pandas, charts as a specification and a picture."""

from __future__ import annotations

from typing import Any, TypeAlias

import altair as alt
import polars as pl
import vl_convert

# A Polars frame, or a pandas frame where the monitor was opened so; pandas has no types here.
Frame: TypeAlias = Any
_RENDERER = "pikir"
_MIME = f"application/vnd.vegalite.v{alt.SCHEMA_VERSION.removeprefix('v').split('.')[0]}+json"


def as_pandas(frame: pl.DataFrame) -> Frame:
    """The same table for pandas, days as datetime64. ImportError, saying what to install, where pandas is missing."""
    try:
        import pandas
    except ImportError:
        raise ImportError("frames='pandas' needs pandas: pip install pandas, or leave it out for Polars") from None
    return pandas.DataFrame({column.name: _values(column) for column in frame})


def show_pictures() -> None:
    """Charts are kept with a picture beside their specification, for readers that cannot draw one (a page on GitHub).

    Only where nobody has chosen another renderer of Altair.
    """
    if alt.renderers.active == "default":
        alt.renderers.register(_RENDERER, _with_picture)
        alt.renderers.enable(_RENDERER)


def _with_picture(spec: dict[str, Any], **_: Any) -> Any:
    return {_MIME: spec, "image/svg+xml": vl_convert.vegalite_to_svg(spec), "text/plain": "<a chart>"}


def _values(column: pl.Series) -> Any:
    if column.dtype.is_numeric():
        return column.to_numpy()
    return column.cast(pl.Datetime("us")).to_numpy() if column.dtype == pl.Date else column.to_list()
