"""Run by test_kill_delivery.py: `send_alert.py DATABASE`: sends what is due to the webhook of TEST_HOOK."""

from __future__ import annotations

import datetime as dt
import sys

from alerts.outbox import deliver_pending
from configs.settings import Settings
from storage.database import open_database

settings = Settings.model_validate(
    {
        "folder": ".",
        "monitor": {},
        "alerts": {"recipients": [{"name": "hook", "url_env": "TEST_HOOK"}], "delivery": {"first_wait_seconds": 0.05}},
    }
)
with open_database(sys.argv[1]) as database:
    sent = deliver_pending(database, settings, now=dt.datetime.now(dt.UTC))
print(len(sent.delivered))
