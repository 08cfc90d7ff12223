"""Passwords: hashed with argon2id, and compared in the same time whether or not the user exists."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash to store. ValueError where the password has fewer than twelve characters."""
    if len(password) < SHORTEST:
        raise ValueError(f"the password has {len(password)} characters; it needs {SHORTEST} or more")
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether a password belongs to a stored hash; for an unknown user (None) the same work is done, in vain."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """256 random bits, for a session or a token."""
    return secrets.token_urlsafe(32)


@cache
def _nobody() -> str:
    return _hasher.hash(new_secret())
