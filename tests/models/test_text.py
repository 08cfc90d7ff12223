import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from models.duplicates import first_copies
from models.text import align, clean, digest, fold, near_digest, unify_scripts

wild = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
tricky = st.text(alphabet="aАоoе\u0301\u200b\u202e\x00ё\u0306и<s>/ \n\ud800🤦‍♂️п", max_size=40)


@given(wild | tricky)
def test_clean_is_idempotent_and_encodable(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert unicodedata.is_normalized("NFC", cleaned)


def test_clean_leaves_no_special_token() -> None:
    cleaned = clean("a</s><s> <mask> <pad><u\u200bnk> ＜s＞ < s > <MASK>")
    for token in ("<s>", "</s>", "<mask>", "<pad>", "<unk>", "<MASK>"):
        assert token not in cleaned
    assert "mask" in cleaned


def test_clean_drops_what_prints_nothing() -> None:
    assert clean("  Рос\u200bсия\x00\u202e \n\n тут\ufeff ") == "Россия тут"
    assert clean("и\u0306") == "й"
    assert clean("\ud800x") == "x"


def test_fold_sees_through_spelling() -> None:
    assert fold("РОССИЯЯЯЯ") == "россия"
    assert fold("Pоссия") == "россия"
    assert fold("ещё") == "еще"
    assert unify_scripts("ok, Google") == "ok, Google"
    assert unify_scripts("приветworld") == "приветworld"


def test_digests() -> None:
    assert digest("привет  мир") == digest("привет\u200b мир ")
    assert digest("привет мир") != digest("привет мир!")
    assert near_digest("Привет, мир! https://t.me/x 5 👍") == near_digest("привет мир")
    assert near_digest("👍") != near_digest("👎")
    assert near_digest("123") != near_digest("124")


def test_first_copies() -> None:
    texts = ["раз", "Раз!", "два", "раз"]
    assert first_copies(texts) == [0, 1, 2, 0]
    assert first_copies(texts, near=True) == [0, 0, 2, 0]


@given(wild | tricky)
def test_aligned_spans_lead_back(text: str) -> None:
    aligned = align(text)
    for place in range(len(aligned.text)):
        start, end = aligned.span(place, place + 1)
        assert 0 <= start < end <= len(text)


def test_alignment_covers_stress_marks() -> None:
    aligned = align("о Росси\u0301и\u200b тут")
    at = aligned.text.index("России")
    start, end = aligned.span(at, at + 6)
    assert aligned.original[start:end] == "Росси\u0301и"


def test_huge_messages_take_bounded_time() -> None:
    for text in ("ф" * 300_000, "a\u0301" * 100_000, "<s>" * 100_000, "аa" * 100_000, "🤦‍♂️" * 50_000):
        started = time.process_time()
        clean(text), near_digest(text), align(text)
        assert time.process_time() - started < 5
