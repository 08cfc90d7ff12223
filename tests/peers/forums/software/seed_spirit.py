"""Spirit: `seed_spirit.py make|more|edit|delete` in an empty folder; prints what it wrote as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import seeding

SITE = "forumsite"


def make():
    bin = Path(sys.executable).parent
    path = f"{bin}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [bin / "spirit", "startproject", SITE], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": path}
    )
    with open(f"{SITE}/{SITE}/settings/dev.py", "a") as settings:
        settings.write("\n")
        settings.write(
            "ST_COMMENTS_PER_PAGE = 20\nST_TOPICS_PER_PAGE = 3\nST_TASK_MANAGER = None\nALLOWED_HOSTS = ['*']\n"
        )


def setup():
    import django

    sys.path.insert(0, SITE)
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{SITE}.settings.dev"
    django.setup()


def write(topic, users, thread, count, first=0):
    from spirit.comment.models import Comment
    from spirit.core.utils.markdown import Markdown

    made = []
    before = None
    for number, author, text, at in seeding.posts(thread, count, first):
        raw = text
        if number % 6 == 5 and before:
            raw = (
                "\n".join(f"> {line}" for line in before.comment.splitlines() if not line.startswith(">"))
                + "\n\n"
                + text
            )
        comment = Comment.objects.create(
            topic=topic, user=users[author], comment=raw, comment_html=Markdown().render(raw), date=at
        )
        topic.increase_comment_count()
        made.append({"id": comment.pk, "thread": topic.pk, "author": author, "text": text, "at": at.isoformat()})
        made[-1]["reply_to"] = before.pk if raw != text else None
        before = comment
    type(topic).objects.filter(pk=topic.pk).update(last_active=at)
    return made


def first():
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from spirit.category.models import Category
    from spirit.topic.models import Topic

    call_command("migrate", verbosity=0)
    user = get_user_model()
    users = [user.objects.create_user(f"user{n}", f"u{n}@example.org", "secret") for n, _ in enumerate(seeding.AUTHORS)]
    from djconfig.models import Config

    Config.objects.update_or_create(key="topics_per_page", defaults={"value": "3"})
    category = Category.objects.create(title="Город")
    made = []
    for thread, count in enumerate((45, 21, 20, 1, 7)):
        title = seeding.TITLES[thread % len(seeding.TITLES)] + (" II" if thread > 3 else "")
        topic = Topic.objects.create(user=users[0], category=category, title=title)
        made += write(topic, users, thread, count)
    return made


def more():
    from django.contrib.auth import get_user_model
    from spirit.topic.models import Topic

    users = list(get_user_model().objects.filter(username__startswith="user").order_by("pk"))
    topics = list(Topic.objects.filter(category__title="Город").order_by("pk"))
    made = write(topics[1], users, 1, 25, first=21)
    new = Topic.objects.create(user=users[1], category=topics[0].category, title="Жаңа тақырып")
    return made + write(new, users, 9, 2)


def edit():
    from spirit.comment.models import Comment
    from spirit.core.utils.markdown import Markdown

    comment = Comment.objects.filter(topic__category__title="Город").order_by("pk")[2]
    comment.comment = "Я передумал: пусть живут спокойно."
    comment.comment_html = Markdown().render(comment.comment)
    comment.is_modified = True
    comment.save()
    return [{"id": comment.pk, "text": comment.comment}]


def delete():
    from spirit.comment.models import Comment

    (comment,) = Comment.objects.filter(topic__category__title="Город").order_by("pk")[5:6]
    Comment.objects.filter(pk=comment.pk).update(is_removed=True)
    return [{"id": comment.pk}]


command = sys.argv[1]
if command == "make":
    make()
setup()
print("\n" + json.dumps({"make": first, "more": more, "edit": edit, "delete": delete}[command](), ensure_ascii=False))
