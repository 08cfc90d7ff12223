"""The door: what every collector does to a text, an author and a time before anything leaves the room."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from collectors.contacts import mask_contacts
from collectors.privacy import Pseudonymiser
from collectors.values import Clock, clean
from storage.records import Source


@dataclass(frozen=True, slots=True)
class Intake:
    """Whose posts these are, who makes the pseudonyms, how times are read, and whether contacts are masked."""

    source: Source
    pseudonymiser: Pseudonymiser
    clock: Clock
    mask: bool = True

    @property
    def outlet(self) -> bool:
        """Whether the source itself speaks (a channel, a feed) rather than people."""
        return self.source.kind in ("channel", "feed")

    def text(self, raw: str) -> str:
        """The text to store: control characters gone, contacts masked."""
        cleaned = clean(raw)
        return mask_contacts(cleaned) if self.mask else cleaned

    def author(self, raw_id: str, namespace: str = "") -> str:
        """The pseudonym of a raw author id; the namespace is the source unless another is given."""
        return self.pseudonymiser.pseudonym(namespace or self.source.source, raw_id)

    def time(self, raw: object) -> dt.datetime:
        """The UTC time of a post; RecordError where it is unreadable or implausible."""
        return self.clock.read(raw)
