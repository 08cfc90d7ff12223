"""The form of `weighting.yaml`: the margins that authors are weighted to, each with its source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from configs.forms import Form

Part = Annotated[float, Field(gt=0, le=100)]


class MarginSettings(Form):
    """One margin: what part of the population each category has."""

    of: Literal["language", "region", "kind"]
    """What tells authors apart: the language of their posts, or the region or kind of the sources they write in."""
    shares: dict[str, Part] = Field(min_length=2)
    """Percent by category, 100 in all; `other` is whatever is not named."""
    source: Annotated[str, Field(min_length=1)]
    """Where the figures come from."""

    @model_validator(mode="after")
    def _everybody(self) -> MarginSettings:
        total = sum(self.shares.values())
        if abs(total - 100) > 0.5:
            raise ValueError(f"the percentages of shares add up to {total:g}, not to 100")
        return self


class WeightingSettings(Form):
    """`weighting.yaml`: shares are told weighted to these margins as well, beside the unweighted ones."""

    margins: tuple[MarginSettings, ...] = ()
    """The margins; none means no weighting."""
    trim: Annotated[float, Field(ge=1, le=100)] = 5.0
    """Weights are cut at so many times their mean."""

    @model_validator(mode="after")
    def _each_once(self) -> WeightingSettings:
        names = [margin.of for margin in self.margins]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there are two margins of {', '.join(twice)}: give each once")
        return self
