"""Rule packs: where on the pages of a forum engine the threads and posts stand, as CSS selectors.

A rule is `selector`, `selector @attribute` or `@attribute` (of the element itself), with `=~ pattern` behind it to
take the first group of a regular expression. Of several rules the first that finds something counts.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from configs.forms import Form, Name

_RULE = re.compile(r"(?P<selector>.*?)(?:\s*@(?P<attribute>[a-z][a-z0-9-]*))?(?:\s*=~\s*(?P<pattern>.+))?")
_NOTHING = LexborHTMLParser("<p>")


class Rule(Form):
    """One place on a page. `attribute`: "" for the text. `pattern`: the first group is taken."""

    selector: str
    attribute: str = ""
    pattern: str = ""


def parse_rule(text: str) -> Rule:
    """The rule written so. ValueError where its selector or its pattern cannot be read."""
    found = _RULE.fullmatch(text.strip())
    parts = found.groupdict(default="") if found else {"selector": text, "attribute": "", "pattern": ""}
    selector(parts["selector"] or "p")
    with_group(parts["pattern"])
    return Rule(**parts)


def with_group(pattern: str) -> str:
    """The regular expression itself, or "". ValueError where it cannot be read or has no group to take."""
    try:
        groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern {pattern!r} cannot be read ({error})") from None
    if pattern and not groups:
        raise ValueError(f"the pattern {pattern!r} has no group (…) to take")
    return pattern


def selector(text: str) -> str:
    """The CSS selector itself. ValueError where it cannot be read."""
    try:
        _NOTHING.css(text)
    except SelectolaxError:
        raise ValueError(f"{text!r} is no CSS selector") from None
    return text


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Selectors = Annotated[tuple[str, ...], BeforeValidator(_several)]


class ListRules(Form):
    """A page that lists boards or threads."""

    boards: Selectors = ()
    """Links to boards."""
    row: Selectors = ()
    """One thread in the list; the three that follow are looked for inside it."""
    thread: Selectors = ()
    """The link to the thread."""
    replies: Selectors = ()
    """How many replies it has: where neither this nor `active` has changed, the thread is not read again."""
    active: Selectors = ()
    """When it was last written in, or its last post."""
    next: Selectors = ("a[rel~=next] @href", "link[rel~=next] @href")
    """The link to the list's next page."""


class PostRules(Form):
    """A page of a thread."""

    post: Selectors = ()
    """One post; what follows is looked for inside it."""
    nested: bool = False
    """Whether a post that stands inside another one answers it."""
    id: Selectors = ("@id =~ (\\d+)",)
    """Its number or name, as `permalink` needs it."""
    permalink: str = ""
    """Its lasting address on the host, with {id}, {thread} and {page} (the path of the page, or what `thread_id` takes
    of it) filled in; left out, the `link` that stands on the page."""
    link: Selectors = ()
    """The link to the post itself."""
    author: Selectors = ()
    """The name of who wrote it."""
    author_id: Selectors = ()
    """Their number on this forum, which outlives a change of name."""
    time: Selectors = ("time @datetime",)
    """When: a machine's format rather than a person's, where there is one. Found parts of one rule are joined."""
    edited: Selectors = ()
    """When it was last edited."""
    text: Selectors = ()
    """What was written."""
    drop: Selectors = ()
    """What is cut out of the text: signatures, notes on edits, buttons. Quotes are cut out in any case."""
    quote: Selectors = ("blockquote",)
    """A quoted post inside the text."""
    quoted: Selectors = ()
    """The id of the quoted post, inside the quote (or its own attribute)."""
    reply_to: Selectors = ()
    """The id of the post that is answered, where the post says so outside its text."""
    next: Selectors = ("a[rel~=next] @href", "link[rel~=next] @href")
    """The link to the thread's next page."""
    previous: Selectors = ()
    """The link to the page before, for engines that may show the last page of a thread first."""


class EngineRules(Form):
    """`forums/*.yaml`, or `forum.rules` in sources.yaml: how to read one kind of forum."""

    engine: Name = "custom"
    """The name that sources refer to."""
    detect: Selectors = ()
    """The page is of this engine where any of these is found."""
    reader: Annotated[
        str,
        Field(
            pattern="^(markup|schema|discourse|hyperkitty)$",
            json_schema_extra={"allowed": "markup, schema, discourse, hyperkitty"},
        ),
    ] = "markup"
    """markup: by the selectors here; schema: by what the page declares in schema.org's words; discourse, hyperkitty:
    by what these engines answer in JSON."""
    thread_id: str = ""
    """A pattern whose first group is the thread's number in its address; left out, the path of the address."""
    query: tuple[str, ...] = ()
    """Parameters that belong to an address; all others are cut off. Left out, all but session ids belong."""
    zone: Selectors = ()
    """Where the page states the offset of its times from UTC, for example UTC+06:00."""
    day_first: bool = True
    """Whether 03.04.2026 is in April."""
    lists: ListRules = ListRules()
    """Pages that list boards or threads."""
    posts: PostRules = PostRules()
    """Pages of a thread."""

    @field_validator("thread_id")
    @classmethod
    def _has_group(cls, value: str) -> str:
        return with_group(value)

    @field_validator("detect")
    @classmethod
    def _are_selectors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(selector, value))

    @model_validator(mode="after")
    def _can_be_read(self) -> EngineRules:
        for part in (self.lists, self.posts):
            for name, rules in part:
                for rule in rules if isinstance(rules, tuple) else ():
                    try:
                        parse_rule(rule)
                    except ValueError as error:
                        raise ValueError(f"{name}: {error}") from None
        if self.reader in ("markup", "hyperkitty") and not (self.posts.post and self.posts.text):
            raise ValueError("the selectors posts.post and posts.text are needed")
        return self
