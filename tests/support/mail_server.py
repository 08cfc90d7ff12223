"""An SMTP server on loopback, with a password, whose answers can be chosen."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass
class MailServer:
    """An SMTP server with a password. `answers` are its replies to DATA (the last one stays); "" hangs."""

    answers: list[str] = field(default_factory=lambda: ["250 kept"])
    letters: list[Any] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        secret = "duty:hush-hush@"
        return f"mailto://{secret}127.0.0.1:{self.port}?from=pikir@example.org&to=duty@example.org&mode=insecure"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            await asyncio.sleep(3)
            return "451 too late"
        if answer.startswith("250"):
            self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == b"hush-hush", handled=False)


@contextmanager
def running() -> Iterator[MailServer]:
    """The server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = MailServer(port=port)
    controller = Controller(
        server, hostname="127.0.0.1", port=port, authenticator=_authenticate, auth_require_tls=False
    )
    controller.start()
    yield server
    controller.stop()
