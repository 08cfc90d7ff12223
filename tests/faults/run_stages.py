"""Run by test_kill.py: `run_stages.py PLACE DATABASE STAGE…`, the stages of the monitor as plain functions."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from flows.alert import raise_new
from flows.annotate import annotate_new
from flows.collect import collect_path, source_record
from flows.estimate import estimate_new
from flows.workspace import open_workspace
from models.annotator import open_annotator

place, database, *stages = sys.argv[1:]
with open_workspace(f"{place}/configs", f"sqlite:///{place}/{database}") as workspace:
    settings = workspace.settings
    annotator = open_annotator(settings)
    for stage in stages:
        if stage == "collect":
            for form in settings.sources:
                collect_path(workspace, Path(form.path), source_record(form), dict(form.map))
        elif stage == "annotate":
            annotate_new(workspace.database, settings, annotator)
        elif stage == "estimate":
            estimate_new(workspace.database, settings, annotator.version)
        else:
            raise_new(workspace.database, settings, annotator.version, dt.datetime.now(dt.UTC))
