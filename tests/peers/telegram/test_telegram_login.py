"""Signing in: phone, code and two-step password against a server that checks them; secrets stay where they belong."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from telegram_peer import Peer
from telegram_wire import RpcError
from telegram_world import ME, World
from telethon import password as srp
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession
from telethon.tl import types

from collectors.collector import CollectorError
from collectors.telegram.credentials import Application, load_application, load_session
from collectors.telegram.login import sign_in

APPLICATION = Application(1, SecretStr("a" * 32))
# The 2048-bit safe prime that Telegram uses.
PRIME = bytes.fromhex(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F642477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B"
)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def big(number: int) -> bytes:
    return number.to_bytes(256, "big")


class Accounts:
    """The sign-in of one account with two-step verification: SRP-2048 as Telegram specifies it."""

    def __init__(self, world: World, password: str) -> None:
        self.world = world
        self.algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
            salt1=b"one", salt2=b"two", g=3, p=PRIME
        )
        self.p = int.from_bytes(PRIME, "big")
        x = int.from_bytes(srp.compute_hash(self.algorithm, password), "big")
        self.verifier = pow(3, x, self.p)
        self.secret = int.from_bytes(os.urandom(256), "big")
        multiplier = int.from_bytes(sha(PRIME, big(3)), "big")
        self.public = (multiplier * self.verifier + pow(3, self.secret, self.p)) % self.p

    def __call__(self, request: Any) -> Any:
        name = type(request).__name__.removesuffix("Request")
        if name == "SendCode":
            if not request.phone_number.strip("+").isdecimal():
                raise RpcError(400, "PHONE_NUMBER_INVALID")
            return types.auth.SentCode(types.auth.SentCodeTypeApp(5), "hash")
        if name == "SignIn":
            raise RpcError(
                *(401, "SESSION_PASSWORD_NEEDED") if request.phone_code == "12345" else (400, "PHONE_CODE_INVALID")
            )
        if name == "GetPassword":
            return types.account.Password(
                new_algo=self.algorithm,
                new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
                secure_random=b"r",
                has_password=True,
                current_algo=self.algorithm,
                srp_B=big(self.public),
                srp_id=1,
            )
        if name == "CheckPassword":
            return self.check(request.password)
        return self.world(request)

    def check(self, proof: Any) -> Any:
        u = int.from_bytes(sha(proof.A, big(self.public)), "big")
        shared = pow(int.from_bytes(proof.A, "big") * pow(self.verifier, u, self.p), self.secret, self.p)
        mixed = bytes(a ^ b for a, b in zip(sha(PRIME), sha(big(3)), strict=True))
        expected = sha(mixed, sha(b"one"), sha(b"two"), proof.A, big(self.public), sha(big(shared)))
        if expected != proof.M1:
            raise RpcError(400, "PASSWORD_HASH_INVALID")
        self.world.signed_in = True
        return types.auth.Authorization(ME)


def prepared(peer: Peer, tmp_path: Path) -> Path:
    """A session file as after the key exchange, which the loopback server does not do: not signed in."""
    peer.world.signed_in = False
    peer.server._handler = Accounts(peer.world, "тайна")
    path = tmp_path / "telegram.session"
    session = SQLiteSession(str(path))
    session.set_dc(2, "127.0.0.1", peer.server.port)
    session.auth_key = AuthKey(peer.server.key)
    session.save()
    session.close()
    return path


def test_phone_code_and_password_give_a_session_for_the_owner_only(peer: Peer, tmp_path: Path) -> None:
    path = prepared(peer, tmp_path)
    answers = {"phone": ["none", "+77010000000"], "code": ["11111", "12345"], "password": ["не та", "тайна"]}
    asked = []

    def ask(what: str) -> SecretStr:
        asked.append(what)
        return SecretStr(answers[what].pop(0))

    assert sign_in(APPLICATION, path.with_suffix(""), ask) == path
    assert asked == ["phone", "phone", "code", "code", "password", "password"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert peer.world.signed_in
    session = load_session(path, {})
    assert session.get_secret_value() == peer.server.session
    assert "7701" not in path.read_bytes().decode("latin-1")

    def never(what: str) -> SecretStr:
        raise AssertionError(what)

    sign_in(APPLICATION, path, never)


def test_three_wrong_codes_end_the_sign_in(peer: Peer, tmp_path: Path) -> None:
    path = prepared(peer, tmp_path)
    answers = {"phone": "+77010000000", "code": "11111"}
    with pytest.raises(CollectorError, match=r"3 wrong answers \(PHONE_CODE_INVALID\)"):
        sign_in(APPLICATION, path, lambda what: SecretStr(answers[what]))


def test_a_session_others_may_read_or_in_the_checkout_is_refused(peer: Peer, tmp_path: Path) -> None:
    path = prepared(peer, tmp_path)
    path.chmod(0o644)
    with pytest.raises(CollectorError, match="chmod 600"):
        load_session(path, {})
    inside = Path(__file__).parent / "telegram.session"
    with pytest.raises(CollectorError, match="lies in the checkout"):
        sign_in(APPLICATION, inside, lambda _: SecretStr(""))
    assert not inside.exists()
    with pytest.raises(CollectorError, match="Run: pikir login"):
        load_session(tmp_path / "none", {})


@pytest.mark.parametrize(
    "environment",
    [{}, {"TELEGRAM_API_ID": "7"}, {"TELEGRAM_API_HASH": "x"}, {"TELEGRAM_API_ID": "seven", "TELEGRAM_API_HASH": "x"}],
)
def test_missing_credentials_are_told_with_the_steps(environment: dict[str, str]) -> None:
    with pytest.raises(CollectorError, match=r"(?s)TELEGRAM_API_.*https://my\.telegram\.org.*pikir login"):
        load_application(environment)


def test_secrets_do_not_show() -> None:
    application = load_application({"TELEGRAM_API_ID": "7", "TELEGRAM_API_HASH": "deadbeef"})
    assert "deadbeef" not in repr(application)
    with pytest.raises(CollectorError) as error:
        load_session("unused", {"TELEGRAM_SESSION": "1not-a-session"})
    assert "1not-a-session" not in str(error.value)
