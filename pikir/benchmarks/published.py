"""Published figures that the stance benchmark prints beside pikir's own, with where each stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """What others report on a set. `value` in percent of the metric; `comparable` says what differs from our row."""

    system: str
    value: float
    source: str
    comparable: str


PUBLISHED: dict[str, tuple[Published, ...]] = {
    "rusentne2023": (
        Published("best of the contest", 66.7, "Golubev, Rusnachenko & Loukachevitch 2023", "hidden test; ensembles"),
        Published("GPT-4-turbo, zero-shot", 50.8, "Rusnachenko, Golubev & Loukachevitch 2024", "whole dev set"),
        Published("Gemma-2-9b, zero-shot", 46.5, "Rusnachenko, Golubev & Loukachevitch 2024", "whole dev set"),
    ),
    "ruw/Russia": (
        Published("KDCL", 78.2, "authors of RUW", "official test"),
        Published("CKD", 58.7, "authors of RUW", "official test"),
        Published("BERT", 54.1, "authors of RUW", "official test"),
    ),
    "ruethnohate": (Published("authors' model", 82.0, "authors of RuEthnoHate", "own split, other task"),),
    "kazsandra": (Published("RemBERT", 80.0, "Yeshpanov & Varol 2024", "official test"),),
    "targeted-sa-ru": (Published("XLM-R-large", 76.4, "Golubev & Loukachevitch 2021", "official test"),),
    "semeval2016t6": (Published("best of the contest (F-avg)", 67.8, "Mohammad et al. 2016", "official test"),),
}
