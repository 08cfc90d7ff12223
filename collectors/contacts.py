"""Contact data in texts → tokens: [email], [phone], [card], [id], [user], [invite].

Sums of money, dates, years, prices and ordinary numbers stay. Every pattern is bounded or possessive, so the time is
linear in the length of the text. Known misses: local numbers without an area code (250-12-34), contact data spelt in
words, bank accounts.
"""

from __future__ import annotations

import datetime as dt
import re

_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_TELEGRAM_LINK = re.compile(
    r"\b[tT](?:elegram)?\.(?:me|dog)/(\+|joinchat/|addlist/)?([A-Za-z0-9_-]{1,64})(/[0-9]{1,12})?(?:\?[\w=&-]{0,128})?",
    re.ASCII,
)
_TELEGRAM_SCHEME = re.compile(
    r"tg://(?:resolve\?domain|user\?id|openmessage\?user_id|(join\?invite))=[\w-]{1,64}", re.ASCII
)
_WHATSAPP = re.compile(r"\bwa\.me/\+?[0-9]{7,15}")
_VKONTAKTE = re.compile(r"\b(?:m\.)?vk\.com/id[0-9]{1,12}")
_SCHEME_LEFT = re.compile(r"https?://(?=\[(?:user|invite|phone)\])")
# First parts of t.me links that name no one: private message links, previews, stickers, sharing.
_NO_PROFILE = frozenset({"c", "s", "iv", "share", "proxy", "socks", "addstickers", "addemoji", "setlanguage", "boost"})
_MENTION = re.compile(r"(?<![A-Za-z0-9_@])@[A-Za-z][A-Za-z0-9_]{2,31}(?![A-Za-z0-9_])")

# Digits inside identifiers and addresses (letters beside them) are no contact data.
_DIGITS_HINT = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){9}")
_BEFORE, _AFTER = r"(?<![0-9A-Za-z_])(?<![0-9][.,])", r"(?![0-9A-Za-z_])"
_GAP = r"[ \u00a0()\u2010-\u2014-]{0,3}"
_CARD = re.compile(rf"{_BEFORE}[2-6][0-9]{{3}}([ \u00a0-]?)[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}{_AFTER}")
_TWELVE = re.compile(rf"{_BEFORE}[0-9]{{12}}{_AFTER}")
_KAZAKH_OR_RUSSIAN = re.compile(rf"{_BEFORE}(?:\+{_GAP}7|[78]){_GAP}[3-79](?:{_GAP}[0-9]){{9}}{_AFTER}")
_DOTTED = re.compile(rf"\+7\.[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{2}}\.[0-9]{{2}}{_AFTER}")
_INTERNATIONAL = re.compile(rf"{_BEFORE}\+[1-9](?:{_GAP}[0-9]){{9,14}}{_AFTER}")
# Ten digits in a row only with a Kazakh mobile code, and not where they are a Russian company's tax number.
_LOCAL = re.compile(
    rf"{_BEFORE}(?:\((?:7[0-9]{{2}}|9[0-9]{{2}})\)[ -]?[0-9]{{3}}[ -]?[0-9]{{2}}[ -]?[0-9]{{2}}"
    r"|[79][0-9]{2}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{2}"
    rf"|(?<!ИНН )(?<!ИНН: )(?<!ИНН:)(?:70[0-8]|747|77[15-8])[0-9]{{7}}){_AFTER}"
)
# What stood against its neighbour (two numbers without a space) is seen once the neighbour is a token.
_MOST_PASSES = 5
_DIGITS = re.compile(r"[0-9]+")
_NEIGHBOURS = ("374", "375", "380", "992", "993", "994", "995", "996", "998")


def mask_contacts(text: str) -> str:
    """The text with contact data replaced by tokens. Pure, idempotent, linear in the length of the text."""
    for _ in range(_MOST_PASSES):
        masked = _masked_once(text)
        if masked == text:
            break
        text = masked
    return text


def _masked_once(text: str) -> str:
    if "@" in text:
        text = _MENTION.sub("[user]", _EMAIL.sub("[email]", text))
    if ".me/" in text or ".dog/" in text or "tg://" in text or "vk.com/id" in text:
        text = _mask_links(text)
    if _DIGITS_HINT.search(text):
        text = _mask_numbers(text)
    return text


def _mask_links(text: str) -> str:
    text = _TELEGRAM_LINK.sub(_telegram_link, text)
    text = _TELEGRAM_SCHEME.sub(lambda found: "[invite]" if found[1] else "[user]", text)
    text = _VKONTAKTE.sub("[user]", _WHATSAPP.sub("[phone]", text))
    return _SCHEME_LEFT.sub("", text)


def _telegram_link(found: re.Match[str]) -> str:
    """A link to one message (t.me/name/17) leads to a public channel or group and stays, as do links to no one."""
    invite, name, message = found.groups()
    if invite:
        return "[invite]"
    return found[0] if message or name in _NO_PROFILE or len(name) < 3 else "[user]"


def _mask_numbers(text: str) -> str:
    text = _CARD.sub(lambda found: "[card]" if _passes_luhn(found[0]) else found[0], text)
    text = _TWELVE.sub(_twelve_digits, text)
    text = _KAZAKH_OR_RUSSIAN.sub(lambda found: "[phone]" if _grouped_like_a_phone(found[0]) else found[0], text)
    text = _DOTTED.sub("[phone]", text)
    text = _INTERNATIONAL.sub(lambda found: found[0] if _round_number(found[0]) else "[phone]", text)
    return _LOCAL.sub("[phone]", text)


def _passes_luhn(number: str) -> bool:
    """Luhn (1960): the check sum of payment cards."""
    total = 0
    for place, digit in enumerate(int(d) for d in reversed(number) if d.isdigit()):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _twelve_digits(found: re.Match[str]) -> str:
    """An IIN starts with a birth date (yymmdd) and a digit 0-6 for century and sex, a phone with its country."""
    digits = found[0]
    if digits.startswith(_NEIGHBOURS):
        return "[phone]"
    try:
        dt.date(2000 + int(digits[:2]) % 4, int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return digits
    return "[id]" if digits[6] in "0123456" else digits


def _grouped_like_a_phone(number: str) -> bool:
    """Whether the digits stand in the groups of a phone: 8 701 123 45 67, never 85 000 000 000 or 8 500-9 500 000."""
    if number.startswith("+") or "(" in number:
        return True
    groups = _DIGITS.findall(number)
    if len(groups[0]) in (2, 3) or any(len(group) == 1 for group in groups[1:]):
        return False
    return "000" not in groups[1:3] or "-" in number


def _round_number(number: str) -> bool:
    """Whether a number behind a plus sign is a sum (+2 000 000 000, +500 000-600 000)."""
    return "000" in _DIGITS.findall(number)[1:]
