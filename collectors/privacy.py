"""Pseudonyms for authors, and the key that makes them. Masking of contact data is in `collectors.contacts`."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretBytes

from collectors.batches import CollectorError
from collectors.contacts import mask_contacts

__all__ = ["KEY_VARIABLE", "PSEUDONYM_LENGTH", "Pseudonymiser", "load_key", "mask_contacts"]

KEY_VARIABLE = "PIKIR_PSEUDONYM_KEY"
PSEUDONYM_LENGTH = 22
_MIN_KEY_BYTES = 32
_CHECKOUT = Path(__file__).resolve().parents[1]


class Pseudonymiser:
    """Raw author ids → stable pseudonyms: HMAC-SHA256 (RFC 2104) under a secret key, 22 hex digits (88 bits).

    The same id in the same namespace always gives the same pseudonym, so an author is counted once; without the key
    nobody can try out ids. Ids mean the same person across Telegram chats, so these share the namespace "telegram";
    a forum's or a table's ids are known only there, so the source's name is the namespace. A new key cuts every
    author in two.
    """

    __slots__ = ("_key",)

    def __init__(self, key: SecretBytes) -> None:
        if len(key.get_secret_value()) < _MIN_KEY_BYTES:
            raise CollectorError(f"the pseudonym key is shorter than {_MIN_KEY_BYTES} bytes; take one made by load_key")
        self._key = key

    def __repr__(self) -> str:
        return "Pseudonymiser(key=**********)"

    def pseudonym(self, namespace: str, raw_id: str) -> str:
        """The pseudonym of `raw_id` within `namespace`; "" for "", which means that the source names nobody."""
        if not raw_id:
            return ""
        message = f"{namespace}\0{raw_id}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key.get_secret_value(), message, "sha256").hex()[:PSEUDONYM_LENGTH]


def load_key(key_file: str | Path, environment: Mapping[str, str] = os.environ) -> SecretBytes:
    """The pseudonym key: from PIKIR_PSEUDONYM_KEY if set, else from `key_file`, which is made if absent.

    The file is readable by its owner only and lies outside this checkout; of several processes that start at once,
    one makes it and all read the same key. CollectorError where the key is short, open to others, or cannot be
    stored.
    """
    given = environment.get(KEY_VARIABLE, "").strip()
    if given:
        return _checked(given.encode(), f"the environment variable {KEY_VARIABLE}")
    path = Path(key_file).expanduser()
    try:
        if not path.exists():
            _create(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise CollectorError(f"{path} holds the pseudonym key but others may read it: chmod 600 '{path}'")
        return _checked(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise CollectorError(
            f"the pseudonym key {path} cannot be used ({error.strerror}); set pseudonym_key_file in monitor.yaml to a "
            f"path outside the checkout that you can write, or give the key in {KEY_VARIABLE}"
        ) from error


def _checked(key: bytes, where: str) -> SecretBytes:
    if len(key) < _MIN_KEY_BYTES:
        raise CollectorError(
            f"{where} holds a key of {len(key)} bytes; at least {_MIN_KEY_BYTES} are needed (for example the output of "
            "`openssl rand -hex 32`)"
        )
    return SecretBytes(key)


def _create(path: Path) -> None:
    """A complete key appears under `path` at once or not at all; whoever comes second keeps the first one's key."""
    if path.resolve().is_relative_to(_CHECKOUT):
        raise CollectorError(f"{path} lies in the checkout, where a key could be committed; choose a path outside it")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        os.unlink(made)
