"""The text of a post, as a person would copy it from the page: paragraphs on lines, pictures of feelings as signs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "hr", "section"})
_BLOCKS |= {"article", "h1", "h2", "h3", "h4", "h5", "h6", "aside", "figure", "dl", "dt", "dd", "details"}
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "button", "form"})
_SILENT |= {"textarea", "select"}
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
CUT = "\ue000"
"""Stands where a block was cut out: what was before and behind it are no one line."""
_LINES = re.compile(r"\s*\n\s*")


def plain(node: LexborNode) -> str:
    """The visible text, blocks on lines of their own. A smiley's picture counts as what its `alt` says."""
    parts: list[str] = []
    _walk(node, parts)
    return _LINES.sub("\n", _BLANKS.sub(" ", "".join(parts).replace(CUT, "\n"))).strip()


def plain_html(html: str) -> str:
    """The same of a piece of HTML; plain text passes through unchanged but for blanks."""
    body = LexborHTMLParser(html).body
    return plain(body) if body is not None else ""


def take_out(nodes: Iterable[LexborNode], top: LexborNode) -> None:
    """Removes nodes below `top`, given in the order of the page. One inside another goes with it: it is freed once."""
    inside: set[int] = set()
    outer: list[LexborNode] = []
    for node in nodes:
        if node.mem_id == top.mem_id:
            continue
        above = node.parent
        while above is not None and above.mem_id not in inside and above.mem_id != top.mem_id:
            above = above.parent
        if above is None or above.mem_id not in inside:
            outer.append(node)
        inside.add(node.mem_id)
    for node in outer:
        node.decompose()


def _walk(top: LexborNode, parts: list[str]) -> None:
    """Depth first with a stack: pages nest deeper than Python calls."""
    stack: list[LexborNode | str] = [top]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if node.is_text_node:
            parts.append(_LINE_END.sub(" ", node.text_content or ""))
            continue
        if not node.is_element_node or node.tag in _SILENT:
            continue
        if node.tag == "img":
            parts.append(_smiley(node))
            continue
        if node.tag in _BLOCKS:
            parts.append("\n")
            stack.append("\n")
        stack.extend(reversed(list(node.iter(include_text=True))))


_LINE_END = re.compile(r"[\r\n]+")


def _smiley(node: LexborNode) -> str:
    """What a picture of a feeling says; nothing for other pictures, whose `alt` is a file name or a caption."""
    alt = node.attributes.get("alt") or ""
    kind = f"{node.attributes.get('class') or ''} {node.attributes.get('src') or ''}".lower()
    return alt if alt and len(alt) <= 16 and re.search("smil|emoji|emoticon", kind) else ""
