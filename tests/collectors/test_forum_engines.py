# ruff: noqa: E501  (a post is a line)
"""Each engine's saved page → its posts: who, when, which words are their own, and whom they answer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from board_server import Board, BoardServer
from forum_reading import SEEN, ZONE, packs
from reading import DATA
from selectolax.lexbor import LexborHTMLParser

from collectors.batches import RecordError
from collectors.forums.dates import ForumClock, zone_of
from collectors.forums.engines import detect, find_engine
from collectors.forums.feeds import FeedEngine
from collectors.forums.markup import MOST_POSTS
from collectors.forums.pages import Page, RawPost, ThreadPage, successor, told
from collectors.forums.text import plain, plain_html, take_out
from collectors.values import Clock
from configs.boards import EngineRules, parse_rule

PAGES = DATA / "forums"
CLOCK = Clock(ZONE, SEEN)


def page(name: str, url: str) -> Page:
    return Page(url, (PAGES / name).read_text(encoding="utf-8"))


def read(name: str, url: str, engine: str) -> ThreadPage:
    one = page(name, url)
    found = detect(one, packs())
    assert found is not None
    assert found.name == engine
    return found.thread(one, found.thread_id(url))


def at(post: RawPost, stated: str = "", engine: str = "") -> str:
    day_first = next((pack.day_first for pack in packs() if pack.engine == engine), True)
    moment = ForumClock(CLOCK, zone_of("", stated, ZONE), day_first).read(post.time, SEEN)
    return f"{moment.at:%Y-%m-%d %H:%M}"


EXPECTED = {
    "phpbb": (
        "http://h/forum/viewtopic.php?t=12",
        "http://h/forum/viewtopic.php?t=12&start=3",
        [
            ("/forum/viewtopic.php?p=101#p101", "2", "2024-03-12 08:05", "", "Хозяйка подняла плату вдвое.\nКто ещё столкнулся? :("),
            ("/forum/viewtopic.php?p=102#p102", "7", "2026-11-24 08:05", "/forum/viewtopic.php?p=101#p101", "Мы платим столько же, нам повезло."),
            ("/forum/viewtopic.php?p=103#p103", "Гость", "2026-11-25 07:00", "", "Бізде де бағасы өсті, бірақ көршілер жақсы."),
        ],
    ),
    "vbulletin": (
        "http://h/showthread.php?15-shkola-i-yazyk",
        "http://h/showthread.php?15-shkola-i-yazyk/page2",
        [
            ("/showthread.php?p=201#post201", "3", "2024-03-12 08:05", "", "Дети приезжих учат казахский вместе с нашими."),
            ("/showthread.php?p=202#post202", "Олег", "2026-11-24 03:10", "/showthread.php?p=201#post201", "И это правильно, а кто против?"),
        ],
    ),
    "xenforo": (
        "http://h/threads/sosedi.12/",
        "http://h/threads/sosedi.12/page-2",
        [
            ("/posts/101/", "3", "2024-03-12 08:05", "", "Қызық, көршілер тыныш, ал бәрі шулап жүр."),
            ("/posts/102/", "Гость", "2024-03-12 10:00", "/posts/101/", "Согласен, шум на пустом месте."),
        ],
    ),
    "invision": (
        "https://forum.example.kz/topic/31-pereezd/",
        "https://forum.example.kz/topic/31-pereezd/page/2/",
        [
            ("/topic/31-t/?do=findComment&comment=301", "4", "2024-03-12 08:05", "", "Переехали осенью, соседи помогли с вещами."),
            ("/topic/31-t/?do=findComment&comment=302", "Гость Иван", "2024-03-12 10:00", "/topic/31-t/?do=findComment&comment=301", "Вам повезло с соседями."),
        ],
    ),
    "smf": (
        "https://forum.example.kz/index.php?topic=5.0",
        "https://forum.example.kz/index.php?topic=5.20",
        [
            ("/index.php?msg=401", "3", "2024-03-12 09:05", "", "Картоп қымбаттады, оған көршілер кінәлі емес."),
            ("/index.php?msg=402", "Прохожий", "2026-11-24 04:10", "/index.php?msg=401", "А кто тогда виноват?"),
        ],
    ),
    "mybb": (
        "https://forum.example.kz/showthread.php?tid=8",
        "https://forum.example.kz/showthread.php?tid=8&page=2",
        [
            ("/showthread.php?pid=501#pid501", "6", "2024-03-12 09:05", "", "Автобусы переполнены, но приезжие тут ни при чём."),
            ("/showthread.php?pid=502#pid502", "Айгүл", "2026-11-24 04:10", "/showthread.php?pid=501#pid501", "Дұрыс айтасыз, көлік аз."),
        ],
    ),
    "misago": (
        "http://h/t/sosedi/3/",
        "http://h/t/sosedi/3/2/",
        [
            ("/t/t/3/post/31/", "4", "2024-03-12 08:05", "", "Көршілер келгелі аула тазарды."),
            ("/t/t/3/post/32/", "ушедший", "2024-03-12 09:00", "/t/t/3/post/31/", "Подтверждаю, стало чище."),
        ],
    ),
    "wordpress": (
        "https://news.example.kz/arenda/",
        "",
        [
            ("/arenda/#comment-41", "Читатель", "2024-03-12 08:05", "", "Дорого, но терпимо."),
            ("/arenda/#comment-42", "Оқырман", "2024-03-12 09:00", "/arenda/#comment-41", "Бізге қымбат."),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", EXPECTED)
def test_a_saved_page_is_recognised_and_read(engine: str) -> None:
    url, following, posts = EXPECTED[engine]
    found = read(f"{engine}.html", url, engine)
    assert found.next == following
    assert [(p.id, p.author, at(p, found.zone, engine), p.reply_to, p.text) for p in found.posts] == posts
    assert found.faults == []


@pytest.mark.parametrize("engine", EXPECTED)
def test_links_in_posts_do_not_make_another_engine_of_a_page(engine: str) -> None:
    others = (
        "www.mybb.com",
        "www.phpbb.com",
        "simplemachines.org",
        "hyperkitty.readthedocs.org",
        "github.com/nitely/Spirit",
    )
    links = "".join(f'<a class="footer__logo" href="https://{other}/">{other}</a>' for other in others)
    one = page(f"{engine}.html", EXPECTED[engine][0])
    found = detect(Page(one.url, one.text.replace("</body>", f"{links}</body>")), packs())
    assert found is not None
    assert found.name == engine


def test_every_rule_pack_has_a_saved_page() -> None:
    saved = {path.stem.split("_")[0] for path in PAGES.rglob("*.*")}
    assert {pack.engine for pack in packs()} <= saved


def test_an_archive_of_letters_as_a_tree() -> None:
    url = "http://h/archives/list/dialog@example.org/thread/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567/?noscript"
    found = read("hyperkitty.html", url, "hyperkitty")
    assert [post.text.rsplit(" ", 1)[-1] for post in found.posts] == [f"3-{n}." for n in (0, 1, 2, 3, 4, 5, 6, 7)]
    assert at(found.posts[-1]) == "2026-09-01 09:49", "the day stands only beside the first letter of a day"
    by_text = {post.text.rsplit(" ", 1)[-1]: post for post in found.posts}
    assert by_text["3-3."].reply_to == by_text["3-2."].id
    (first, *_) = read_list("hyperkitty_list.html", "http://h/archives/list/dialog@example.org/latest")
    assert first.endswith("/?noscript"), "a thread is read in the form that holds all letters"


def test_lists_of_spirit() -> None:
    assert len(read_list("spirit_list.html", "http://h/")) == 5


def read_list(name: str, url: str) -> list[str]:
    one = page(name, url)
    engine = detect(one, packs())
    assert engine is not None
    found = engine.listing(one)
    assert not [board for board in found.boards if "/accounts/" in board]
    return [link.url for link in found.threads]


def test_lists_of_threads_and_boards() -> None:
    one = page("phpbb_list.html", "http://h/viewforum.php?f=2")
    engine = detect(one, packs())
    assert engine is not None
    found = engine.listing(one)
    assert found.boards == ("http://h/viewforum.php?f=5",)
    assert [(link.id, link.url) for link in found.threads] == [
        ("12", "http://h/viewtopic.php?f=2&t=12"),
        ("9", "http://h/viewtopic.php?f=2&t=9"),
    ]
    assert found.threads[0].signature == "3 Ответы|2024-03-13T03:30:00+00:00"
    assert found.next == "http://h/viewforum.php?f=2&start=25"


def test_discourse_by_its_json() -> None:
    engine = detect(page("discourse.html", "http://h/"), packs())
    assert engine is not None
    assert engine.first("http://h/") == "http://h/latest.json"
    assert engine.first("http://h/t/novye-sosedi/70/3") == "http://h/t/70.json"
    (link,) = engine.listing(page("discourse_latest.json", "http://h/latest.json")).threads
    assert (link.id, link.url) == ("70", "http://h/t/70.json")
    topic = engine.thread(page("discourse_topic.json", link.url), "70")
    assert [(p.id, p.author, p.text, p.reply_to, p.edited[:10]) for p in topic.posts] == [
        ("/p/701", "11", "Говорят, новых соседей стало больше.", "", ""),
        ("/p/702", "12", "Олар жақсы адамдар, танысыңыз.", "/p/701", "2024-03-13"),
    ]
    numbers = list(range(704, 731))
    asked: list[int] = []
    following = topic.next
    while following:
        part = [int(item.split("=")[1]) for item in following.split("?")[1].split("&") if item.startswith("post_ids")]
        asked += part
        answer = {"post_stream": {"posts": [{"id": n, "post_number": n, "cooked": "<p>а</p>"} for n in part]}}
        following = engine.thread(Page(following, json.dumps(answer)), "70").next
    assert asked == numbers, "every post of the topic is asked for once"


def test_comments_under_news_are_read_and_the_article_is_not() -> None:
    found = read("news.html", "https://news.example.kz/a/1", "schema")
    assert [(p.id, p.author, p.text, p.reply_to) for p in found.posts] == [
        ("/a/1#c1", "Читатель", "Дорого, но приезжие не виноваты.", ""),
        ("/a/1#c2", "Оқырман", "Баға өсіп жатыр.", "/a/1#c1"),
    ]


def test_a_feed_and_an_entry_without_an_address() -> None:
    found = read("feed.xml", "https://news.example.kz/rss", "feed")
    assert [(p.id, p.text) for p in found.posts] == [
        ("news-1", "Аренда подорожала\nЗа месяц на десять процентов."),
        ("https://news.example.kz/a/2", "Жаңа мектеп\nҚалада жаңа мектеп ашылды."),
    ]
    assert len(found.faults) == 1


def test_a_feed_that_declares_another_encoding_than_that_of_its_decoded_page() -> None:
    whole = page("feed.xml", "https://news.example.kz/rss")
    declared = '<?xml version="1.0" encoding="windows-1251"?>' + whole.text.partition("?>")[2]
    assert FeedEngine().thread(Page(whole.url, declared), "").posts == FeedEngine().thread(whole, "").posts


@pytest.mark.parametrize("body", ["{url}", "{path}"])
def test_a_feed_that_is_an_address_is_not_followed(body: str, tmp_path: Path) -> None:
    """Where feeds were configured, whatever a server answers is read as one."""
    (tmp_path / "feed.xml").write_bytes((PAGES / "feed.xml").read_bytes())
    board = Board(robots=(200, page("feed.xml", "").text))
    with BoardServer(board) as server:
        told = body.format(url=f"{server.url}robots.txt", path=tmp_path / "feed.xml")
        assert FeedEngine().thread(Page("https://news.example.kz/rss", told), "").posts == []
    assert board.log == []


def test_selectors_of_ones_own() -> None:
    posts = {
        "post": (".row",),
        "id": ("@data-n",),
        "text": (".words",),
        "author": (".who",),
        "time": (".when",),
        "permalink": "/m/{id}",
    }
    rules = EngineRules.model_validate({"engine": "custom", "posts": posts})
    html = '<html><div class="row" data-n="5"><b class="who">Асель</b><i class="when">кеше, 14:05</i><p class="words">Сәлем<br>бәріне</p></div></html>'
    engine = find_engine("custom", [rules])
    assert engine is not None
    (post,) = engine.thread(Page("http://h/t/1", html), "t").posts
    assert (post.id, post.author, post.text, at(post)) == ("/m/5", "Асель", "Сәлем\nбәріне", "2026-11-24 09:05")


def test_rules_are_checked_when_they_are_read() -> None:
    rule = parse_rule('a[href*="@"] @href =~ id=(\\d+)')
    assert (rule.selector, rule.attribute, rule.pattern) == ('a[href*="@"]', "href", "id=(\\d+)")
    for wrong in ("div[[", "p =~ (", "p =~ nothing"):
        with pytest.raises(ValueError, match=r"selector|pattern"):
            parse_rule(wrong)


@pytest.mark.parametrize(
    ("before", "url", "following"),
    [
        ("http://h/t/1/", "http://h/t/1/2/", "http://h/t/1/3/"),
        ("http://h/v?t=1&start=20", "http://h/v?t=1&start=40", "http://h/v?t=1&start=60"),
        ("http://h/v?t=1", "http://h/v?t=1&start=20", "http://h/v?t=1&start=40"),
        ("http://h/t.1/", "http://h/t.1/page-2", "http://h/t.1/page-3"),
        ("http://h/a", "http://h/b", ""),
    ],
)
def test_the_page_behind_one_that_failed_can_be_told(before: str, url: str, following: str) -> None:
    assert successor(before, url) == following


def test_hostile_markup_is_read_in_time() -> None:
    deep = "<div>" * 20_000 + "текст" + "</div>" * 20_000
    assert plain_html(deep) == "текст"
    broken = Page(
        "http://h/viewtopic.php?t=1", "<html><body id=phpbb>" + '<div class="post" id=p1><div class=content><b>' * 1000
    )
    engine = find_engine("phpbb", packs())
    assert engine is not None
    began = time.process_time()
    assert engine.thread(broken, "1").posts
    assert time.process_time() - began < 20


LONG = {letter: letter * (60_000 // len(letter)) for letter in ("a", "/", " ", "1", ": ", "12 мая ")}


@pytest.mark.parametrize("engine", sorted(pack.engine for pack in packs()))
def test_patterns_do_not_stumble_over_long_places(engine: str) -> None:
    """Where a time, a number or an address should be, a page may hold a megabyte."""
    engine_ = find_engine(engine, packs())
    assert engine_ is not None
    began = time.process_time()
    for text in LONG.values():
        html = f"<a href='/{text}'>x</a><p class='author'>» {text}</p><div class='notice'>{text}</div>"
        for name in ("phpbb.html", f"{engine}.html"):
            if (PAGES / name).exists():
                filled = page(name, "").text.replace("</time>", f"{text}</time>").replace("</p>", f"{text}</p>{html}")
                engine_.thread(Page("http://h/x", filled), "1")
                engine_.listing(Page("http://h/x", filled))
        engine_.thread_id(f"http://h/{text[:4000]}")
    assert time.process_time() - began < 30
    with pytest.raises(RecordError):
        ForumClock(CLOCK, ZONE).read("a" * 1_000_000, SEEN)


def test_three_hundred_posts_a_second() -> None:
    one = page("phpbb.html", "http://h/viewtopic.php?t=12")
    body = one.text.split('<div id="p101"')[1].split('<div id="page-footer"')[0]
    many = Page(
        one.url,
        "<html><body id='phpbb'>" + "".join(f'<div id="p{n}"{body}' for n in range(101, 601)) + "</body></html>",
    )
    engine = find_engine("phpbb", packs())
    assert engine is not None
    began = time.process_time()
    posts = engine.thread(many, "12").posts
    taken = time.process_time() - began
    assert len(posts) == 1500
    assert len(posts) / taken > 300


def test_more_posts_than_a_page_may_hold_are_told() -> None:
    post = '<div class="post" id="p{0}"><p class="author"><time datetime="2024-03-12T08:00:00Z"></time></p><div class="content">{0}</div></div>'
    html = (
        "<html><body id='phpbb'>"
        + "".join(post.format(number) for number in range(1, MOST_POSTS + 3))
        + "</body></html>"
    )
    engine = find_engine("phpbb", packs())
    assert engine is not None
    found = engine.thread(Page("http://h/viewtopic.php?t=1", html), "1")
    assert len(found.posts) == MOST_POSTS
    assert str(MOST_POSTS + 2) in found.faults[0][1]


def test_an_address_too_long_for_an_index_is_hashed_where_it_is_stored_and_where_it_is_answered() -> None:
    long = "/" + "ж" * 5000
    parsed = ThreadPage([RawPost(long, text="а"), RawPost("/2", text="б", reply_to=long)])
    message = told(parsed, Page("http://h/t", ""), long)
    (first, *_), (second, *answer) = message["posts"]
    assert (len(first), second, answer[5 - 1]) == (64, "/2", first)
    assert message["thread"] == first


def test_parts_within_parts_are_taken_out_once() -> None:
    tree = LexborHTMLParser("<div id=top>a" + "<div class=x>b<p class=x>c<i class=x>d</i></p></div>" * 200 + "e</div>")
    top = tree.css_first("#top")
    assert top is not None
    take_out(top.css(".x"), top)
    assert plain(top) == "ae"
