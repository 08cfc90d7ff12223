"""Pseudonyms are stable, keyed and separate; the key stays secret, private to its owner, and one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes

import collectors
from collectors.batches import CollectorError
from collectors.privacy import KEY_VARIABLE, PSEUDONYM_LENGTH, Pseudonymiser, load_key

ONE = Pseudonymiser(SecretBytes(b"1" * 32))
OTHER = Pseudonymiser(SecretBytes(b"2" * 32))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_pseudonym_is_stable_keyed_and_tells_nothing(raw: str, namespace: str) -> None:
    pseudonym = ONE.pseudonym(namespace, raw)
    assert pseudonym == ONE.pseudonym(namespace, raw)
    assert pseudonym != OTHER.pseudonym(namespace, raw)
    assert len(pseudonym) == PSEUDONYM_LENGTH
    assert set(pseudonym) <= set("0123456789abcdef")


def test_namespaces_keep_equal_ids_apart() -> None:
    assert ONE.pseudonym("telegram", "user1") != ONE.pseudonym("forum", "user1")


def test_nobody_has_no_pseudonym() -> None:
    assert ONE.pseudonym("telegram", "") == ""


def test_the_key_shows_nowhere() -> None:
    key = SecretBytes(b"very-secret-very-secret-very-secret")
    shown = f"{Pseudonymiser(key)!r} {Pseudonymiser(key)!s} {key!r} {key!s}"
    assert "very" not in shown


def test_a_short_key_is_refused() -> None:
    with pytest.raises(CollectorError, match="32 bytes"):
        Pseudonymiser(SecretBytes(b"short"))


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "pseudonym.key"
    first = load_key(path, {})
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, {}) == first
    assert os.listdir(path.parent) == ["pseudonym.key"]
    assert load_key(tmp_path / "another.key", {}) != first


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    assert load_key(path, {KEY_VARIABLE: "e" * 40}).get_secret_value() == b"e" * 40
    assert not path.exists()


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    load_key(path, {})
    path.chmod(0o644)
    with pytest.raises(CollectorError, match="chmod 600"):
        load_key(path, {})


def test_a_short_key_file_or_variable_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.touch(mode=0o600)
    with pytest.raises(CollectorError, match=r"pseudonym\.key holds a key of 0 bytes"):
        load_key(path, {})
    with pytest.raises(CollectorError, match=KEY_VARIABLE):
        load_key(path, {KEY_VARIABLE: "short"})


def test_a_key_is_not_made_inside_the_checkout() -> None:
    inside = Path(collectors.__file__).parent / "pseudonym.key"
    with pytest.raises(CollectorError, match="checkout"):
        load_key(inside, {})
    assert not inside.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CollectorError, match="pseudonym_key_file"):
        load_key(tmp_path / "file" / "pseudonym.key", {})


def _load(path: str) -> bytes:
    return load_key(path, {}).get_secret_value()


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(_load, [str(tmp_path / "pseudonym.key")] * 8)
    assert len(set(keys)) == 1


def test_a_pseudonymiser_survives_the_way_to_a_worker() -> None:
    copy = pickle.loads(pickle.dumps(ONE))
    assert copy.pseudonym("a", "b") == ONE.pseudonym("a", "b")
