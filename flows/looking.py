"""A look at a source on the web, before it is configured. No flow and no database: `pikir probe` calls it."""

from __future__ import annotations

from pathlib import Path

from collectors.batches import CollectorError
from collectors.forums.forum import Found, open_web
from collectors.privacy import Pseudonymiser, load_key
from configs.crawling import WebSettings
from configs.loading import load
from storage.records import Source


def look(url: str, engine: str, source: str, config: str | None) -> Found:
    """What would be read at `url`. CollectorError where nothing can be, or where `source` is not configured."""
    settings = load(Path(config) if config else None)
    forms = {form.name: form for form in settings.sources}
    if source and source not in forms:
        raise CollectorError(f"sources.yaml has no source {source!r}; it has {', '.join(forms) or 'none'}")
    web = (forms[source].web if source else None) or WebSettings()
    chosen = {"engine": engine} if engine != "auto" else {}
    collector = open_web(
        Source(source or "probe", forms[source].kind if source else "forum"),
        web.model_copy(update={"start": (url,), **chosen}),
        settings.monitor.crawl,
        settings.engines,
        pseudonymiser=Pseudonymiser(load_key(settings.monitor.privacy.pseudonym_key_file)),
        timezone=settings.monitor.zone,
        mask=settings.monitor.privacy.mask_contacts,
    )
    return collector.look()
