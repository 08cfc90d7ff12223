"""Prefect flows: what runs when. No arithmetic and no text processing here.

The environment of Prefect is set before it is imported anywhere: no analytics, and its own small database
under `var/prefect` of the working folder unless PREFECT_HOME says otherwise.
"""

import os
from pathlib import Path

_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    # What happened when is in our own store: Prefect's is kept from growing for ever.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "604800",
    "PREFECT_HOME": str(Path("var/prefect").absolute()),
    "PREFECT_CLI_PROMPT": "false",
}
for _name, _value in _DEFAULTS.items():
    os.environ.setdefault(_name, _value)
_home = Path(os.environ["PREFECT_HOME"]).expanduser()
for _folder in (*reversed(_home.parents), _home):
    _folder.mkdir(mode=0o700, exist_ok=True)
