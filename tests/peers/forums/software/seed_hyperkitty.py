"""HyperKitty: `seed_hyperkitty.py make|more|edit|delete` in an empty folder; prints what it wrote as JSON."""

import json
import mailbox
import os
import pathlib
import sys
from email.message import EmailMessage
from email.utils import format_datetime

import seeding

LIST = "dialog@example.org"
SETTINGS = """
from mailman_web.settings.base import *
from mailman_web.settings.mailman import *
BASE_DIR = Path(__file__).parent
SECRET_KEY = "for tests"
ALLOWED_HOSTS = ["*"]
TIME_ZONE = "Asia/Almaty"
SITE_ID = 1
DATABASES["default"]["NAME"] = str(BASE_DIR / "db.sqlite3")
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"
Q_CLUSTER = {"name": "q", "orm": "default", "sync": True}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
STATIC_ROOT = str(BASE_DIR / "static")
COMPRESS_ENABLED = False
COMPRESS_PRECOMPILERS = ()
LOGGING = {"version": 1}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""


def setup():
    import django

    pathlib.Path("settings.py").write_text(SETTINGS)
    sys.path.insert(0, ".")
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()


def letters(thread, count, first=0):
    """A thread: every third letter answers the one before it, the others the first one."""
    made, before = [], None
    for number, author, text, at in seeding.posts(thread, count, first):
        letter = EmailMessage()
        letter["From"] = f"{seeding.AUTHORS[author]} <u{author}@example.org>"
        letter["To"] = LIST
        letter["Subject"] = ("Re: " if number else "") + seeding.TITLES[thread % len(seeding.TITLES)] + f" {thread}"
        letter["Date"] = format_datetime(at)
        letter["Message-ID"] = f"<{thread}.{number}@example.org>"
        answers = f"<{thread}.{number - 1 if number % 3 == 0 else 0}@example.org>" if number else None
        body = text
        if answers:
            letter["In-Reply-To"] = answers
            letter["References"] = answers
        if number % 3 == 0 and before:
            quoted = "\n".join(f"> {line}" for line in before.splitlines())
            body = f"{seeding.AUTHORS[0]} пишет:\n{quoted}\n\n{text}"
        letter.set_content(body)
        made.append((letter, {"author": author, "text": text, "at": at.isoformat(), "answers": answers}))
        before = text
    return made


def store(made):
    from django.core.management import call_command
    from hyperkitty.models import Email

    pathlib.Path("letters.mbox").unlink(missing_ok=True)
    box = mailbox.mbox("letters.mbox")
    for letter, _ in made:
        box.add(letter)
    box.flush()
    # Without `since` it takes only letters younger than the youngest that it has.
    options = {"list_address": LIST, "no_sync_mailman": True, "since": "2000-01-01", "verbosity": 0}
    call_command("hyperkitty_import", "letters.mbox", **options)
    hashes = dict(Email.objects.values_list("message_id", "message_id_hash"))
    rows = []
    for letter, row in made:
        answers = (row.pop("answers") or "").strip("<>")
        rows.append({"id": hashes[letter["Message-ID"].strip("<>")], "reply_to": hashes.get(answers), **row})
    return rows


def first():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    sizes = (45, 21, 1, 8, *([1] * 20))
    return store([letter for thread, count in enumerate(sizes) for letter in letters(thread, count)])


def more():
    return store(letters(1, 7, first=21) + letters(30, 2))


def edit():
    from hyperkitty.models import Email

    letter = Email.objects.get(message_id="0.4@example.org")
    letter.content = "Я передумал: пусть живут спокойно."
    letter.save()
    return [{"id": letter.message_id_hash, "text": letter.content}]


def delete():
    from hyperkitty.models import Email

    letter = Email.objects.get(message_id="1.5@example.org")
    letter.delete()
    return [{"id": letter.message_id_hash}]


setup()
print(
    "\n" + json.dumps({"make": first, "more": more, "edit": edit, "delete": delete}[sys.argv[1]](), ensure_ascii=False)
)
