"""Forums whose pages are read by the CSS selectors of a rule pack."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.forums.pages import Listing, Page, RawPost, ThreadLink, ThreadPage, without_host
from collectors.forums.quotes import Quotes, without_announcement
from collectors.forums.text import plain, take_out
from configs.boards import EngineRules, Rule, parse_rule

_rule = cache(parse_rule)
# Engines show some dozens a page, HyperKitty up to a thousand and one; the rest of a longer page is nobody's forum.
MOST_POSTS = 1500
# Times, numbers and addresses are short; a pattern may take the square of what it is searched in.
_MOST_SEARCHED = 2000
_SPACES = re.compile(r"\s+")


class MarkupEngine:
    """Reads HTML pages by the selectors of `rules`."""

    def __init__(self, rules: EngineRules) -> None:
        self.rules = rules
        self.name = rules.engine
        self._thread = re.compile(rules.thread_id) if rules.thread_id else None
        self._quotes = Quotes()

    def listing(self, page: Page) -> Listing:
        """The boards and threads on the page, in order, each once."""
        tree, rules = LexborHTMLParser(page.text), self.rules.lists
        boards = dict.fromkeys(self._links(page, tree.root, rules.boards))
        threads: dict[str, ThreadLink] = {}
        for selector in rules.row:
            for row in tree.css(selector):
                link = self._link(page, row, rules.thread)
                if link and self.thread_id(link) not in threads:
                    active = value(row, rules.active)
                    signature = "|".join((value(row, rules.replies), active)).strip("|")
                    threads[self.thread_id(link)] = ThreadLink(
                        self.thread_id(link), link, value(row, _texts(rules.thread)), signature, active
                    )
        following, zone = self._link(page, tree.root, rules.next), value(tree.root, self.rules.zone)
        return Listing(tuple(boards), tuple(threads.values()), following, zone)

    def thread(self, page: Page, thread: str) -> ThreadPage:
        """The posts on the page. A post without id or text is told in `faults`."""
        tree, rules = LexborHTMLParser(page.text), self.rules.posts
        title = tree.css_first("h1") or tree.css_first("title")
        result = ThreadPage(title=_text(title), engine=self.name, zone=value(tree.root, self.rules.zone))
        self._quotes.turn(page.url)
        for selector in rules.post:
            nodes = _distinct(tree.css(selector))
            if len(nodes) > MOST_POSTS:
                told = f"the page holds {len(nodes)} posts, of which the first {MOST_POSTS} are read"
                result.faults.append((page.url, told))
                nodes = nodes[:MOST_POSTS]
            posts = self._nested(page, nodes, thread) if rules.nested else self._posts(page, nodes, thread)
            for number, post in enumerate(posts, start=1):
                if not post.id:
                    result.faults.append((f"{page.url} post {number}", "the post's own address is not on the page"))
                else:
                    result.posts.append(post)
            if nodes:
                break
        result.next = self._link(page, tree.root, rules.next)
        result.previous = self._link(page, tree.root, rules.previous)
        self._quotes.expect(result.next)
        return result

    def thread_id(self, url: str) -> str:
        """The number in the address, or its path and query."""
        found = self._thread.search(url) if self._thread else None
        return found[1] if found else without_host(url, url)

    def first(self, url: str) -> str:
        """The address itself."""
        return url

    def _posts(self, page: Page, nodes: list[LexborNode], thread: str) -> list[RawPost]:
        return [self._post(page, node, thread) for node in nodes]

    def _nested(self, page: Page, nodes: list[LexborNode], thread: str) -> list[RawPost]:
        """Answers stand inside what they answer: inner ones are read first and taken away, so that none is read as a
        part of another."""
        places = {node.mem_id: place for place, node in enumerate(nodes)}
        parents = [_around(node, places) for node in nodes]
        posts: dict[int, RawPost] = {}
        for place in reversed(range(len(nodes))):
            posts[place] = self._post(page, nodes[place], thread)
            nodes[place].decompose()
        for place, parent in enumerate(parents):
            posts[place].reply_to = posts[place].reply_to or (posts[places[parent]].id if parent else "")
        return [posts[place] for place in sorted(posts)]

    def _post(self, page: Page, node: LexborNode, thread: str) -> RawPost:
        rules, quotes = self.rules.posts, self._quotes
        native_id = self._permalink(page, value(node, rules.id), thread) or without_host(
            self._link(page, node, rules.link, whole=True), page.url
        )
        post = RawPost(
            native_id,
            author=value(node, rules.author_id) or value(node, rules.author),
            time=self.time(node),
            edited=value(node, rules.edited),
        )
        answered = value(node, rules.reply_to)
        for selector in rules.text:
            body = node.css_first(selector)
            if body is not None:
                answered = self._take_out(body) or answered
                linked = self._permalink(page, answered, thread) if answered else ""
                repeated = quotes.answered(body, rules.quote)
                post.reply_to, post.far = linked or repeated, quotes.far and not linked
                post.text = without_announcement(plain(body)) if quotes.cut else plain(body)
                break
        quotes.remember(post)
        return post

    def time(self, node: LexborNode) -> str:
        """When the post was written, as the page says it."""
        return value(node, self.rules.posts.time)

    def _take_out(self, body: LexborNode) -> str:
        """Cuts what belongs to no post's text out of `body`; the id of the first post quoted in it, if it is told."""
        rules = self.rules.posts
        quoted = ""
        for selector in rules.quote:
            for quote in body.css(selector):
                quoted = quoted or value(quote, rules.quoted)
        for selector in rules.drop:
            take_out(body.css(selector), body)
        return quoted

    def _permalink(self, page: Page, number: str, thread: str) -> str:
        """The lasting address of a post, from the root of the host; the forum may lie in a folder of it."""
        template = self.rules.posts.permalink
        if not template or not number:
            return ""
        path = without_host(page.url, page.url)
        found = self._thread.search(path) if self._thread else None
        folder = path[: found.start()] if found else ""
        if found and found[0].startswith("?"):
            # index.php?threads/… instead of /threads/…
            folder, template = f"{folder}?", template.removeprefix("/")
        whole = found[1] if found and found[1].startswith("/") else path.partition("?")[0]
        lasting = template.replace("{id}", number).replace("{thread}", thread).replace("{page}", whole)
        return folder + lasting

    def _link(self, page: Page, node: LexborNode | None, rules: tuple[str, ...], *, whole: bool = False) -> str:
        return next(iter(self._links(page, node, rules, first=True, whole=whole)), "")

    def _links(
        self, page: Page, node: LexborNode | None, rules: tuple[str, ...], *, first: bool = False, whole: bool = False
    ) -> list[str]:
        """The addresses at these places; `first`: only the first. `whole`: with the fragment."""
        links: list[str] = []
        for text in rules:
            rule = _rule(text)
            attribute = rule.attribute or ("" if rule.pattern else "href")
            for item in _nodes(node, rule, False):
                link = _taken(item, attribute, rule.pattern)
                url = page.join(link, self.rules.query) if link else ""
                if url:
                    links.append(url + ("#" + link.partition("#")[2] if whole and "#" in link else ""))
                if links and first:
                    return links
        return links


def value(node: LexborNode | None, rules: tuple[str, ...]) -> str:
    """What the first rule that finds something finds in `node`; the parts of one rule joined by blanks. "" if none."""
    for text in rules:
        rule = _rule(text)
        # A pattern, or an attribute that is there, tells one of several places from the others.
        nodes = _nodes(node, rule, first=not (_joined(rule) or rule.pattern or rule.attribute))
        found = (part for item in nodes if (part := _taken(item, rule.attribute, rule.pattern)))
        told = " ".join(found) if _joined(rule) else next(found, "")
        if told:
            return told
    return ""


def _around(node: LexborNode, among: Container[int]) -> int:
    """The nearest of these nodes that this one stands in; 0 for none."""
    outer = node.parent
    while outer is not None and outer.mem_id not in among:
        outer = outer.parent
    return 0 if outer is None else outer.mem_id


def _joined(rule: Rule) -> bool:
    """Whether a rule means several places: it lists selectors."""
    return "," in rule.selector


def _nodes(node: LexborNode | None, rule: Rule, first: bool) -> list[LexborNode]:
    if node is None:
        return []
    if not rule.selector:
        return [node]
    if first:
        found = node.css_first(rule.selector)
        return [] if found is None else [found]
    return _distinct(node.css(rule.selector))


def _distinct(nodes: list[LexborNode]) -> list[LexborNode]:
    """The nodes in order, each once: one that several of the listed selectors fit is found by each of them."""
    return list({node.mem_id: node for node in nodes}.values())


def _taken(node: LexborNode, attribute: str, pattern: str) -> str:
    text = (node.attributes.get(attribute) or "") if attribute else _text(node)
    if not pattern:
        return text.strip()
    found = re.search(pattern, text[:_MOST_SEARCHED])
    return (found[1] or "").strip() if found else ""


def _text(node: LexborNode | None) -> str:
    return "" if node is None else _SPACES.sub(" ", node.text()).strip()


def _texts(rules: tuple[str, ...]) -> tuple[str, ...]:
    """The same places, read as text rather than as links."""
    return tuple(rule.split("@")[0].strip() for rule in rules if rule.split("@")[0].strip())
