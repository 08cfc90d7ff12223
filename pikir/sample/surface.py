"""How one text differs from post to post: one other form of it, so that distinct texts stay few."""

from __future__ import annotations

import re
from random import Random

from pikir.sample.pool import PoolText

_OTHER_FORM = 0.28
_CONTACT = re.compile(r"[@+]|https?:")
_EMOJI = {"against": ("😡", "🤦", "👎", "😤"), "favor": ("❤️", "🙏", "👍", "🤝"), "": ("🙂", "☕️", "🤷")}
_GREETINGS = {
    "ru": ("Всем привет. ", "Народ, ", "Ребята, "),
    "kk": ("Сәлем! ", "Ағайын, ", "Достар, "),
    "mix": ("Салем, ребята! ", "Достар, "),
    "en": ("Hi all. ", "Guys, "),
}


def other_form(text: PoolText) -> str:
    """The text with an emoji, a greeting, other case or other final marks: one form a text, its stance unchanged."""
    if text.kind == "news" or _CONTACT.search(text.text):
        return text.text
    random = Random(text.id)
    sides = set(text.labels.values()) - {"neutral"}
    bare = text.text.rstrip(".!)")
    forms = [bare.lower(), bare if bare != text.text else f"{bare})", f"{bare}!!"]
    if len(sides) < 2 and (sides or not text.labels):
        forms.append(f"{text.text} {random.choice(_EMOJI[next(iter(sides), '')])}")
    if not text.labels or len(text.text) > 40:
        forms.append(f"{random.choice(_GREETINGS[text.lang])}{text.text[0].lower()}{text.text[1:]}")
    return random.choice(forms)


def written(text: PoolText, random: Random) -> str:
    """The text as one person types it: mostly as it stands in the pool."""
    return other_form(text) if random.random() < _OTHER_FORM else text.text
