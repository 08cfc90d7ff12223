"""The log on standard error: lines for people or JSON for programs, with the run that they belong to, without secrets.

At INFO pikir says what began, what ended and how much came, never what a post says.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from configs.observation import LogSettings
from configs.secrets import redacted
from flows.runs import run_id

LogFormat = Literal["text", "json"]
ROOMS = ("alerts", "analysis", "collectors", "configs", "dashboard", "flows", "models", "pikir", "storage")
FORMAT_VARIABLE, LEVEL_VARIABLE = "PIKIR_LOG_FORMAT", "PIKIR_LOG_LEVEL"


class _InRun(logging.Filter):
    """Says which run a record belongs to: the ids of its runs, outermost first."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.run = run_id.get()
        return True


def _moment(record: logging.LogRecord) -> str:
    at = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Text(logging.Formatter):
    """2026-03-02T06:00:00.000Z INFO flows.runs [a1b2c3]: run begins."""

    def format(self, record: logging.LogRecord) -> str:
        record.moment = _moment(record)
        record.within = f" [{run}]" if (run := getattr(record, "run", "")) else ""
        return redacted(super().format(record))


class _Json(JsonFormatter):
    """One object a line: time, level, logger, run, pid, message, and exception where there is one."""

    def add_fields(
        self, log_data: dict[str, object], record: logging.LogRecord, message_dict: dict[str, object]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["time"] = _moment(record)

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def formatter(form: LogFormat) -> logging.Formatter:
    """What makes a line of a record."""
    if form == "json":
        names = {"levelname": "level", "name": "logger", "process": "pid"}
        return _Json(
            ["time", "levelname", "name", "run", "process", "message"], rename_fields=names, json_ensure_ascii=False
        )
    return _Text("%(moment)s %(levelname)s %(name)s%(within)s: %(message)s")


def set_up(settings: LogSettings, form: LogFormat | None = None) -> None:
    """From now on everything is told on standard error: pikir from the configured level on, libraries from WARNING.

    `form` goes before PIKIR_LOG_FORMAT, which goes before the settings; PIKIR_LOG_LEVEL goes before theirs.
    """
    import prefect.main  # noqa: F401 - it makes handlers of its own as it is imported: ours come after

    asked = os.environ.get(FORMAT_VARIABLE, "")
    chosen: LogFormat = form or ("json" if asked == "json" else "text" if asked == "text" else settings.format)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_InRun())
    handler.setFormatter(formatter(chosen))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    level = os.environ.get(LEVEL_VARIABLE, "").upper() or settings.level
    for room in ROOMS:
        log = logging.getLogger(room)
        log.setLevel(level if level in ("DEBUG", "INFO", "WARNING", "ERROR") else settings.level)
        log.handlers.clear()
    logging.captureWarnings(True)
