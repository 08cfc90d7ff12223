"""Misago on PostgreSQL: `seed_misago.py make|more|edit|delete` in an empty folder; prints what it wrote as JSON."""

import json
import os
import pathlib
import sys

import seeding

SETTINGS = """
import os
from devproject.settings import *
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
DEBUG = False
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **{
    key: os.environ.get(f"POSTGRES_{key}", "") for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}}}
MIDDLEWARE = [name for name in MIDDLEWARE if "debug_toolbar" not in name]
STATIC_ROOT = os.path.join(BASE_DIR, "static")
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
CELERY_TASK_ALWAYS_EAGER = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SILENCED_SYSTEM_CHECKS = ["misago.W001"]
"""


def setup():
    import django

    pathlib.Path("settings.py").write_text(SETTINGS)
    pathlib.Path("media").mkdir(exist_ok=True)
    sys.path.insert(0, ".")
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()


def write(thread, users, number, count, first=0):
    from misago.threads.checksums import update_post_checksum
    from misago.threads.models import Post

    made, before = [], None
    for place, author, text, at in seeding.posts(number, count, first):
        answers = before if place % 6 == 5 else None
        quote = (
            f'<div class="misago-quote"><div class="quote-heading" data-noquote="1">@{users[answers[1]].username} has '
            f'written:</div><blockquote class="quote-body"><p>{answers[2]}</p></blockquote></div>'
            if answers
            else ""
        )
        post = Post.objects.create(
            category=thread.category,
            thread=thread,
            poster=users[author],
            poster_name=users[author].username,
            original=text,
            parsed=f"{quote}<p>{text}</p>",
            posted_on=at,
            updated_on=at,
        )
        update_post_checksum(post)
        post.save(update_fields=["checksum"])
        before = (post.pk, author, text)
        made.append({"id": post.pk, "thread": thread.pk, "author": author, "text": text, "at": at.isoformat()})
        made[-1]["reply_to"] = answers[0] if answers else None
    thread.synchronize()
    thread.save()
    return made


def start(category, title):
    from misago.threads.models import Thread

    began = seeding.BEGINNING
    names = {"starter_name": "-", "starter_slug": "-", "last_poster_name": "-", "last_poster_slug": "-"}
    thread = Thread(category=category, started_on=began, last_post_on=began, replies=0, **names)
    thread.set_title(title)
    thread.save()
    return thread


def first():
    from django.core.management import call_command
    from misago.categories.models import Category
    from misago.users.models import User

    call_command("migrate", verbosity=0)
    users = [
        User.objects.create_user(f"user{n}", f"u{n}@example.org", "secret-word") for n in range(len(seeding.AUTHORS))
    ]
    # Drawing avatars takes longer than everything else.
    User.objects.update(avatars=[{"size": 100, "url": "/static/misago/img/blank-avatar.png"}])
    category = Category.objects.get(slug="first-category")
    made = []
    for number, count in enumerate((45, 21, 1, *([2] * 30))):
        title = f"{seeding.TITLES[number % len(seeding.TITLES)]} {number}"
        made += write(start(category, title), users, number, count)
    category.synchronize()
    category.save()
    return made


def more():
    from misago.categories.models import Category
    from misago.threads.models import Thread
    from misago.users.models import User

    users = list(User.objects.filter(username__startswith="user").order_by("pk"))
    threads = list(Thread.objects.filter(title__contains="Пәтер").order_by("pk"))
    new = start(Category.objects.get(slug="first-category"), "Жаңа тақырып")
    return write(threads[0], users, 1, 25, first=21) + write(new, users, 40, 2)


def edit():
    from misago.threads.checksums import update_post_checksum
    from misago.threads.models import Post

    post = Post.objects.filter(poster_name__startswith="user").order_by("pk")[2]
    post.original = "Я передумал: пусть живут спокойно."
    post.parsed = f"<p>{post.original}</p>"
    update_post_checksum(post)
    post.save()
    return [{"id": post.pk, "thread": post.thread_id, "text": post.original}]


def delete():
    from misago.threads.models import Post

    hidden, removed = Post.objects.filter(poster_name__startswith="user").order_by("pk")[5:7]
    rows = [{"id": post.pk, "thread": post.thread_id} for post in (hidden, removed)]
    hidden.is_hidden = True
    hidden.save()
    thread = removed.thread
    removed.delete()
    thread.synchronize()
    thread.save()
    return rows


setup()
print(
    "\n" + json.dumps({"make": first, "more": more, "edit": edit, "delete": delete}[sys.argv[1]](), ensure_ascii=False)
)
