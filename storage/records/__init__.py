"""The records that the whole house speaks: frozen, typed, one database table each.

Times are timezone-aware UTC datetimes. Shares and probabilities lie in [0, 1]. A record holds no
behaviour beyond what follows from its own fields.
"""

from storage.records.alerting import (
    Alert,
    AlertKind,
    AlertState,
    Delivery,
    Mute,
    Occasion,
    ReportDelivery,
)
from storage.records.audits import (
    Adjudication,
    Audit,
    Draw,
    DrawnPost,
)
from storage.records.completeness import (
    Coverage,
    Cursor,
    Gap,
    GapState,
    ReadingState,
    SourceState,
)
from storage.records.operation import (
    Heartbeat,
    Progress,
    Run,
    RunState,
)
from storage.records.posts import (
    PERSON_KINDS,
    STANCES,
    Mention,
    Opinion,
    Post,
    Reading,
    Rejected,
    Source,
    SourceKind,
    Stance,
    TargetReading,
    Voice,
)
from storage.records.results import (
    Among,
    Comparison,
    Period,
    Poll,
    PollChange,
    Share,
    Voices,
)

__all__ = [
    "PERSON_KINDS",
    "STANCES",
    "Adjudication",
    "Alert",
    "AlertKind",
    "AlertState",
    "Among",
    "Audit",
    "Comparison",
    "Coverage",
    "Cursor",
    "Delivery",
    "Draw",
    "DrawnPost",
    "Gap",
    "GapState",
    "Heartbeat",
    "Mention",
    "Mute",
    "Occasion",
    "Opinion",
    "Period",
    "Poll",
    "PollChange",
    "Post",
    "Progress",
    "Reading",
    "ReadingState",
    "Rejected",
    "ReportDelivery",
    "Run",
    "RunState",
    "Share",
    "Source",
    "SourceKind",
    "SourceState",
    "Stance",
    "TargetReading",
    "Voice",
    "Voices",
]
