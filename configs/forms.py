"""What every form of this folder shares: unknown keys are errors, and each kind of value says what it allows."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Form(BaseModel):
    """Unknown keys are errors, values do not change after loading, and docstrings under keys document them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$",
        json_schema_extra={"allowed": "a short name: 1 to 64 lower-case Latin letters, digits, '-' or '_'"},
    ),
]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
