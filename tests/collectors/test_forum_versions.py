# ruff: noqa: E501  (a post is a line)
"""The same forums in other versions and themes: their markup shares little but the name of the engine."""

from __future__ import annotations

import pytest
from forum_reading import SEEN, ZONE, packs
from reading import DATA

from collectors.forums.dates import ForumClock, zone_of
from collectors.forums.engines import detect
from collectors.forums.pages import Page, ThreadPage
from collectors.values import Clock

PAGES = DATA / "forums" / "versions"
KZ = "https://forum.example.kz"

# name → engine, address, next page, and of each post: id, author, time in UTC, edited, answered, text. SEEN is 2026-11-25 10:00 UTC.
THREADS = {
    "phpbb30": ("phpbb", "http://h/viewtopic.php?t=12", "http://h/viewtopic.php?f=2&t=12&start=10", [
        ("/viewtopic.php?p=101#p101", "2", "2015-03-12 08:05", "2015-03-12 09:10", "", "В подъезде новые жильцы.\nВсе вежливые."),
        ("/viewtopic.php?p=102#p102", "Прохожий", "2026-11-24 08:05", "", "/viewtopic.php?p=101#p101", "У нас тоже, и дети в школе подружились."),
    ]),
    "phpbb31": ("phpbb", "http://h/viewtopic.php?t=31", "", [
        ("/viewtopic.php?p=7001#p7001", "48", "2022-10-12 09:05", "", "", "Баға екі есе өсті, бірақ кім кінәлі?\n1 + 1"),
        ("/viewtopic.php?p=7002#p7002", "51", "2026-11-25 09:05", "2022-10-12 09:20", "/viewtopic.php?p=7001#p7001", "Хозяева, кто же ещё.\nНо не приезжие."),
        ("/viewtopic.php?p=7003#p7003", "Гость", "2026-11-25 09:55", "", "", "Согласен :)"),
    ]),
    "vbulletin3": ("vbulletin", "http://h/forum/showthread.php?t=15", "http://h/forum/showthread.php?t=15&page=2", [
        ("/forum/showthread.php?p=201#post201", "77", "2012-03-12 11:05", "2012-03-12 12:00", "", "Картошка подорожала, говорят, из-за приезжих."),
        ("/forum/showthread.php?p=202#post202", "Гость Айгуль", "2026-11-24 06:10", "", "/forum/showthread.php?p=201#post201", "Она каждый год дорожает.\nНичего нового."),
    ]),
    "vbulletin5": ("vbulletin5", f"{KZ}/forum/gorod/15-shkola-i-yazyk", f"{KZ}/forum/gorod/15-shkola-i-yazyk/page2", [
        ("/node/201", "3", "2024-03-12 08:05", "2024-03-12 10:00", "", "Дети приезжих учат казахский вместе с нашими."),
        ("/node/202", "Олег", "2024-03-12 10:00", "", "/node/201", "И это правильно, а кто против?"),
    ]),
    "xenforo1": ("xenforo", f"{KZ}/community/threads/sosedi.12/", f"{KZ}/community/threads/sosedi.12/page-2", [
        ("/community/posts/101/", "3", "2015-03-12 08:05", "2015-03-12 13:00", "", "Қызық, көршілер тыныш, ал бәрі шулап жүр."),
        ("/community/posts/102/", "Гость", "2015-03-12 10:00", "", "/community/posts/101/", "Согласен, шум на пустом месте. :)"),
    ]),
    "xenforo23": ("xenforo", f"{KZ}/index.php?threads/arenda.12/", f"{KZ}/index.php?threads/arenda.12/page-2", [
        ("/index.php?posts/301/", "3", "2024-03-12 08:05", "2024-03-12 09:00", "", "Аренда выросла вдвое.\nКто поднял?\nсосед"),
        ("/index.php?posts/302/", "9", "2024-03-12 10:00", "", "/index.php?posts/301/", "Иелері, әрине."),
    ]),
    "ipboard": ("ipboard", f"{KZ}/topic/31-pereezd/", f"{KZ}/topic/31-pereezd/page-2", [
        ("/index.php?app=forums&module=forums&section=findpost&pid=301", "4", "2012-03-12 08:05", "2012-03-12 09:00", "", "Переехали осенью, соседи помогли с вещами."),
        ("/index.php?app=forums&module=forums&section=findpost&pid=302", "Гость_Иван", "2012-03-12 10:00", "", "/index.php?app=forums&module=forums&section=findpost&pid=301", "Вам повезло с соседями."),
        ("/index.php?app=forums&module=forums&section=findpost&pid=303", "5", "2012-03-12 11:00", "", "/index.php?app=forums&module=forums&section=findpost&pid=302", "Бізге де солай."),
    ]),
    "invision5": ("invision", f"{KZ}/topic/31-pereezd/", f"{KZ}/topic/31-pereezd/page/2/", [
        ("/topic/31-t/?do=findComment&comment=301", "4", "2024-03-12 08:05", "", "", "Переехали осенью, соседи помогли с вещами."),
        ("/topic/31-t/?do=findComment&comment=302", "8", "2024-03-12 10:00", "", "/topic/31-t/?do=findComment&comment=301", "Сіздерге көрші жақсы тап болды."),
    ]),
    "smf20": ("smf", f"{KZ}/index.php?topic=5.0", f"{KZ}/index.php?topic=5.15", [
        ("/index.php?msg=401", "3", "2012-03-12 08:05", "2012-03-12 09:00", "", "Картоп қымбаттады, оған көршілер кінәлі емес."),
        ("/index.php?msg=402", "Прохожий", "2026-11-25 04:10", "", "/index.php?msg=401", "А кто тогда виноват? ???"),
    ]),
    "mybb18": ("mybb", f"{KZ}/thread-8.html", f"{KZ}/thread-8-page-2.html", [
        ("/showthread.php?pid=501#pid501", "6", "2024-03-12 09:05", "2024-03-12 10:00", "", "Автобусы переполнены,\nно приезжие тут ни при чём."),
        ("/showthread.php?pid=502#pid502", "Айгүл", "2026-11-25 07:00", "", "/showthread.php?pid=501#pid501", "Дұрыс айтасыз, көлік аз."),
    ]),
    "wordpress_classic": ("wordpress", "https://news.example.kz/arenda/", "", [
        ("/arenda/#comment-41", "Читатель", "2024-03-12 09:05", "", "", "Дорого, но терпимо.\nВторой абзац."),
        ("/arenda/#comment-42", "Оқырман", "2024-03-12 10:00", "", "/arenda/#comment-41", "Бізге қымбат."),
        ("/arenda/#comment-43", "Третий", "2024-03-12 11:00", "", "", "Всё верно."),
    ]),
    "wordpress_blocks": ("wordpress", "https://news.example.kz/arenda/", "https://news.example.kz/arenda/comment-page-2/", [
        ("/arenda/#comment-41", "Читатель", "2024-03-12 08:05", "", "", "Дорого, но терпимо."),
        ("/arenda/#comment-42", "Оқырман", "2024-03-12 09:00", "", "/arenda/#comment-41", "Бізге қымбат."),
    ]),
    "discourse_topic": ("discourse", f"{KZ}/t/novye-sosedi/70", f"{KZ}/t/novye-sosedi/70?page=2", [
        ("/t/70/1", "askar", "2024-03-12 08:05", "2024-03-12 09:00", "", "Говорят, новых соседей стало больше."),
        ("/t/70/2", "dana", "2024-03-12 10:00", "", "/t/70/1", "Олар жақсы адамдар, танысыңыз."),
    ]),
    "schema_jsonld": ("schema", "https://f.kz/t/5", "", [
        ("/t/5", "/u/askar", "2024-03-12 08:05", "", "", "Новые соседи."),
        ("/t/5#c1", "Дана", "2024-03-12 09:00", "2024-03-12 10:00", "/t/5", "Жақсы адамдар"),
        ("/t/5#c2", "Олег", "2024-03-12 09:30", "", "/t/5#c1", "Согласен"),
        ("/t/5#8cb5ff22af437d21", "Олег", "2024-03-12 09:40", "", "/t/5", "Без адреса"),
    ]),
    "schema_microdata": ("schema", "https://f.kz/topic/5", "https://f.kz/topic/5?page=2", [
        ("/topic/5", "/u/1", "2024-03-12 08:05", "", "", "Новые соседи.\nВежливые."),
        ("/topic/5#c1", "Дана", "2024-03-12 09:00", "", "/topic/5", "Жақсы адамдар"),
    ]),
    "schema_questions": ("schema", "https://f.kz/q/1", "", [
        ("/q/1#63f7d9fbe1f9d83f", "A", "2024-03-12 08:05", "", "", "Как жить с соседями?"),
        ("/q/1#a2", "B", "2024-03-12 09:05", "", "/q/1#63f7d9fbe1f9d83f", "Дружно."),
    ]),
    "feed_rss": ("feed", "https://f.kz/rss", "", [
        ("p1", "Аскар", "2024-03-12 08:05", "", "", "Соседи\nПолный текст\nчужое\nсвоё"),
    ]),
    "feed_atom": ("feed", "https://f.kz/atom", "", [
        ("urn:1", "https://f.kz/u/1", "2024-03-12 08:05", "2024-03-12 09:05", "", "Текст"),
        ("urn:2", "Дана", "2024-03-12 10:05", "", "urn:1", "Re\nЖауап"),
    ]),
}  # fmt: skip

# name → address, boards, threads (id, address, what tells whether they changed), next page.
LISTS = {
    "phpbb": ("http://f.kz/index.php", ["http://f.kz/viewforum.php?f=2"], [], ""),
    "vbulletin3": ("http://f.kz/forumdisplay.php?f=2", ["http://f.kz/forumdisplay.php?f=5"], [("15", "http://f.kz/showthread.php?t=15", "11|12.03.2012 14:05от Y")], "http://f.kz/forumdisplay.php?f=2&order=desc&page=2"),
    "vbulletin4": ("http://f.kz/forumdisplay.php?2-gorod", ["http://f.kz/forumdisplay.php?5-pod"], [("15", "http://f.kz/showthread.php?15-shkola", "Ответов: 11|12.03.2012, 14:05")], "http://f.kz/forumdisplay.php?2-gorod/page2"),
    "vbulletin5": ("https://f.kz/forum/gorod", [], [("15", "https://f.kz/forum/gorod/15-shkola", "3 ответов|12.03.2024, 15:00")], "https://f.kz/forum/gorod/page2"),
    "xenforo1": ("https://f.kz/forums/gorod.2/", ["https://f.kz/forums/sub.3/"], [("12", "https://f.kz/threads/sosedi.12/", "5|1426154400")], "https://f.kz/forums/gorod.2/page-2"),
    "xenforo23": ("https://f.kz/index.php?forums/gorod.2/", ["https://f.kz/index.php?forums/sub.3/"], [("12", "https://f.kz/index.php?threads/arenda.12/", "5|2024-03-12T16:00:00+0600")], "https://f.kz/index.php?forums/gorod.2/page-2"),
    "ipboard": ("https://f.kz/forum/2-gorod/", ["https://f.kz/forum/5-pod/"], [("31", "https://f.kz/topic/31-pereezd/", "11|Y 12 Мар 2012")], "https://f.kz/forum/2-gorod/page-2"),
    "invision": ("https://f.kz/forum/2-gorod/", ["https://f.kz/forum/5-pod/"], [("31", "https://f.kz/topic/31-pereezd/", "11|2024-03-12T10:00:00Z")], "https://f.kz/forum/2-gorod/page/2/"),
    "smf20": ("https://f.kz/index.php?board=2.0", [], [("5", "https://f.kz/index.php?topic=5.0", "11|12 Март 2012, 14:05:06от Y")], "https://f.kz/index.php?board=2.20"),
    "smf21": ("https://f.kz/index.php?board=2.0", [], [("5", "https://f.kz/index.php?topic=5.0", "11|12 Март 2024, 14:05от Y")], "https://f.kz/index.php?board=2.20"),
    "mybb": ("https://f.kz/forumdisplay.php?fid=2", ["https://f.kz/forumdisplay.php?fid=5"], [("8", "https://f.kz/showthread.php?tid=8", "11|12.03.2024, 14:05")], "https://f.kz/forumdisplay.php?fid=2&page=2"),
    "discourse": (f"{KZ}/latest", [], [("70", f"{KZ}/t/novye-sosedi/70", "1|12.Март.2024")], f"{KZ}/latest?no_definitions=true&page=1"),
}  # fmt: skip


def saved(name: str, url: str) -> Page:
    path = next(PAGES.glob(f"{name}.*"))
    return Page(url, path.read_text(encoding="utf-8"))


def utc(text: str, found: ThreadPage, engine: str) -> str:
    day_first = next((pack.day_first for pack in packs() if pack.engine == engine), True)
    clock = ForumClock(Clock(ZONE, SEEN), zone_of("", found.zone, ZONE), day_first)
    return f"{clock.read(text, SEEN).at:%Y-%m-%d %H:%M}" if text else ""


@pytest.mark.parametrize("name", THREADS)
def test_a_thread(name: str) -> None:
    expected, url, following, posts = THREADS[name]
    page = saved(name, url)
    engine = detect(page, packs())
    assert engine is not None
    assert engine.name == expected
    found = engine.thread(page, engine.thread_id(url))
    read = [
        (p.id, p.author, utc(p.time, found, expected), utc(p.edited, found, expected), p.reply_to, p.text)
        for p in found.posts
    ]
    assert read == posts
    assert (found.next, found.faults) == (following, [])


@pytest.mark.parametrize("name", LISTS)
def test_a_list(name: str) -> None:
    url, boards, threads, following = LISTS[name]
    page = saved(f"{name}_list", url)
    engine = detect(page, packs())
    assert engine is not None
    found = engine.listing(page)
    assert list(found.boards) == boards
    assert [(link.id, link.url, link.signature) for link in found.threads] == threads
    assert found.next == following
