"""Who may read the page: users with a role, their sign-ins, and the keys of their programs.

Secrets are stored as hashes alone: a password as argon2 makes it, a session or a token by its SHA-256 (they are 256
random bits, which no dictionary holds).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.dialects import upsert
from storage.tables import sessions, tokens
from storage.tables import users as table

Role = Literal["viewer", "coder", "operator"]
ROLES: tuple[Role, ...] = ("viewer", "coder", "operator")
"""Each may do what those before it may: read; label posts; acknowledge and mute alerts."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with a role. `password` is an argon2 hash."""

    name: str
    role: Role
    password: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key, told by its label; the key itself is not stored."""

    user: str
    label: str
    created_at: dt.datetime


def users(c: Connection) -> list[User]:
    """Everybody, by name."""
    rows = c.execute(sa.select(table.c.name, table.c.role, table.c.password))
    return sorted((User(*row) for row in rows), key=lambda user: user.name)


def user(c: Connection, name: str) -> User | None:
    """The user with this name, or None."""
    row = c.execute(sa.select(table.c.name, table.c.role, table.c.password).where(table.c.name == name)).first()
    return User(*row) if row else None


def write_user(c: Connection, who: User) -> None:
    """Add or change a user. Whoever was signed in under the name is signed out."""
    row = {"name": who.name, "role": who.role, "password": who.password, "changed_at": dt.datetime.now(dt.UTC)}
    upsert(c, table, [row])
    c.execute(sa.delete(sessions).where(sessions.c.user == who.name))


def remove_user(c: Connection, name: str) -> bool:
    """Remove a user with all sessions and tokens; False where there was none."""
    return c.execute(sa.delete(table).where(table.c.name == name)).rowcount == 1


def start_session(c: Connection, secret: str, name: str, until: dt.datetime) -> None:
    """Sign `name` in under a secret; what has expired goes."""
    now = dt.datetime.now(dt.UTC)
    c.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    row = {"digest": digest(secret), "user": name, "label": "", "created_at": now, "expires_at": until}
    c.execute(sa.insert(sessions).values(row))


def session_user(c: Connection, secret: str) -> User | None:
    """Who is signed in under this secret; None where nobody is or the session has expired."""
    valid = (sessions.c.digest == digest(secret)) & (sessions.c.expires_at > dt.datetime.now(dt.UTC))
    return _owner(c, sessions, valid)


def end_session(c: Connection, secret: str) -> None:
    """Sign out."""
    c.execute(sa.delete(sessions).where(sessions.c.digest == digest(secret)))


def add_token(c: Connection, secret: str, name: str, label: str) -> None:
    """Let a program speak for a user. The label tells tokens apart: one of the same label is replaced."""
    remove_token(c, name, label)
    now = dt.datetime.now(dt.UTC)
    row = {"digest": digest(secret), "user": name, "label": label, "created_at": now, "expires_at": None}
    c.execute(sa.insert(tokens).values(row))


def token_user(c: Connection, secret: str) -> User | None:
    """Whom a token speaks for, or None."""
    return _owner(c, tokens, tokens.c.digest == digest(secret))


def list_tokens(c: Connection) -> list[Token]:
    """Every token, by user and label."""
    rows = c.execute(sa.select(tokens.c.user, tokens.c.label, tokens.c.created_at))
    return sorted((Token(*row) for row in rows), key=lambda token: (token.user, token.label))


def remove_token(c: Connection, name: str, label: str) -> bool:
    """Withdraw a token; False where there was none."""
    return c.execute(sa.delete(tokens).where(tokens.c.user == name, tokens.c.label == label)).rowcount == 1


def digest(secret: str) -> str:
    """What is stored of a session's or a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _owner(c: Connection, of: sa.Table, valid: sa.ColumnElement[bool]) -> User | None:
    query = sa.select(table.c.name, table.c.role).join(of, of.c.user == table.c.name).where(valid)
    row = c.execute(query).first()
    return User(row.name, row.role) if row else None
