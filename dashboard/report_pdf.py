"""The report as PDF, set by Typst: tagged for readers who listen, with its fonts inside and charts that stay sharp."""

from __future__ import annotations

import gzip
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import regex
import typst

from analysis.charts.theme import INK, MUTED, STANCE_COLOURS
from dashboard.drawing import helper
from dashboard.report import METHOD, compose
from dashboard.state import State
from dashboard.words import Language, words_of

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
# A thousand marks on one letter say nothing and break readers of the file, as control characters do; what turns the
# direction of writing around would reach beyond its own text.
_MARKS = regex.compile(r"(\p{M}{4})\p{M}+")
_CONTROLS = regex.compile(r"[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]")


def report_pdf(state: State, period: str, language: Language) -> bytes:
    """The report of a day, an ISO week or a month, A4. ValueError where `period` is none of them."""
    told, words = compose(state, period, language), words_of(language)
    content = asdict(told) | {
        "alerts_title": words("page.alerts"),
        "no_alerts": words("alerts.none"),
        "no_figures": words("told.suppressed"),
        "method_title": words("page.method"),
        "method": [words(f"method.{name}") for name in METHOD],
        "colours": {"ink": INK, "muted": MUTED, **STANCE_COLOURS},
    }
    with tempfile.TemporaryDirectory(prefix="pikir-report-") as scratch:
        folder = Path(scratch)
        for place, section in enumerate(told.sections):
            content["sections"][place]["chart"] = ""
            if section.chart:
                name = f"chart-{place}.pdf"
                (folder / name).write_bytes(helper.draw(gzip.decompress(section.chart), "pdf"))
                content["sections"][place]["chart"] = name
        (folder / "report.json").write_text(json.dumps(_calm(content), ensure_ascii=False), encoding="utf-8")
        (folder / "report.typ").write_text(_TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
        made: bytes = typst.compile(str(folder / "report.typ"), root=scratch, format="pdf")
    return made


def _calm(content: object) -> object:
    """The same with texts that can break no page: at most four marks on a letter, no controls, no overrides."""
    if isinstance(content, str):
        return _MARKS.sub(r"\1", _CONTROLS.sub("", content))
    if isinstance(content, dict):
        return {key: _calm(value) for key, value in content.items()}
    return [_calm(one) for one in content] if isinstance(content, list | tuple) else content
