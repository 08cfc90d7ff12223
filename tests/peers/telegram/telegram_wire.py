"""An MTProto server on loopback: real TCP, framing and encryption; what it answers is the business of a handler.

Framing and encryption are those of the package `mtproto`; the schema is Telethon's. There is no key exchange: client
and server are given the same authorisation key, as after one.
"""

from __future__ import annotations

import asyncio
import os
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mtproto.enums import ConnectionRole
from mtproto.transport import Connection
from mtproto.transport.packets import DecryptedMessagePacket, EncryptedMessagePacket
from telethon.crypto import AuthKey
from telethon.extensions import BinaryReader
from telethon.sessions import StringSession
from telethon.tl import TLObject, functions, types
from telethon.tl.core import GzipPacked, MessageContainer

_RESULT, _ERROR = 0xF35C6D01, 0x2144CA19
_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
)


class RpcError(Exception):
    """What the server answers instead of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Hang(Exception):  # noqa: N818
    """The server never answers this request."""


class Drop(Exception):  # noqa: N818
    """The connection breaks in the middle of the answer."""


@dataclass
class Line:
    """One connection of a client."""

    writer: asyncio.StreamWriter
    protocol: Connection = field(default_factory=lambda: Connection(ConnectionRole.SERVER))
    session: int | None = None
    salt: bytes = bytes(8)
    sent: int = 0
    updates: bool = False


class Server:
    """Serves `handler(request)`, which returns a TL object or bytes, or raises RpcError, Hang or Drop.

    `log`: (time, request) of everything that was asked; `bodies`: the plain bytes of requests and answers.
    """

    def __init__(self, handler: Callable[[Any], Any]) -> None:
        self.key = os.urandom(256)
        self.log: list[tuple[float, Any]] = []
        self.bodies: list[tuple[bytes, bytes]] = []
        self.record = False
        self.port = 0
        self._handler = handler
        self._lines: list[Line] = []
        self._last_id = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def session(self) -> str:
        """A session string with which a client reaches this server, signed in."""
        session = StringSession()
        session.set_dc(2, "127.0.0.1", self.port)
        session.auth_key = AuthKey(self.key)
        return str(session.save())

    def asked(self, name: str) -> list[Any]:
        """The requests of one kind, in order: asked("GetHistory")."""
        return [request for _, request in self.log if type(request).__name__ == f"{name}Request"]

    def push(self, update: TLObject) -> None:
        """Sends an update to every client that wants updates."""

        async def send() -> None:
            for line in self._lines:
                if line.updates:
                    self._send(line, bytes(update))

        self._call(send())

    def hang_up(self) -> None:
        """Ends every connection."""

        async def end() -> None:
            for line in self._lines:
                line.updates = False
                line.writer.close()

        self._call(end())

    def listeners(self) -> int:
        """How many clients wait for updates."""
        return sum(line.updates for line in self._lines)

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port or None)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for line in self._lines:
            line.writer.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(writer)
        self._lines.append(line)
        try:
            while data := await reader.read(1 << 16):
                line.protocol.data_received(data)
                while (packet := line.protocol.next_event()) is not None:
                    if isinstance(packet, EncryptedMessagePacket):
                        self._packet(line, packet.decrypt(self.key, ConnectionRole.CLIENT))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._lines.remove(line)
            writer.close()

    def _packet(self, line: Line, packet: DecryptedMessagePacket) -> None:
        if line.session is None:
            line.session, line.salt = packet.session_id, packet.salt
            (salt,) = struct.unpack("<q", packet.salt)
            self._send(line, bytes(types.NewSessionCreated(packet.message_id, 1, salt)))
        self._take(line, packet.message_id, BinaryReader(packet.data).tgread_object())

    def _take(self, line: Line, message_id: int, content: Any) -> None:
        if isinstance(content, MessageContainer):
            for message in content.messages:
                self._take(line, message.msg_id, message.obj)
        elif isinstance(content, GzipPacked):
            self._take(line, message_id, BinaryReader(content.data).tgread_object())
        elif isinstance(content, functions.PingRequest | functions.PingDelayDisconnectRequest):
            self._send(line, bytes(types.Pong(message_id, content.ping_id)), content=False)
        elif not isinstance(content, types.MsgsAck):
            self._answer(line, message_id, content)

    def _answer(self, line: Line, message_id: int, request: Any) -> None:
        wanted = True
        while isinstance(request, _WRAPPERS):
            wanted = wanted and not isinstance(request, functions.InvokeWithoutUpdatesRequest)
            request = request.query
        # Telegram pushes to every session that asked for anything without saying that it wants no updates.
        line.updates = line.updates or (wanted and not isinstance(request, functions.help.GetConfigRequest))
        self.log.append((time.monotonic(), request))
        head = struct.pack("<Iq", _RESULT, message_id)
        try:
            body = self._handler(request)
        except RpcError as error:
            body = struct.pack("<Ii", _ERROR, error.code) + TLObject.serialize_bytes(error.message.encode())
        except Hang:
            return
        except Drop:
            packet = self._encrypted(line, head + bytes(self._handler(request)))
            line.writer.write(packet[: len(packet) // 2])
            line.writer.close()
            return
        body = bytes(body)
        if self.record:
            self.bodies.append((bytes(request), body))
        self._send(line, head + body)

    def _send(self, line: Line, body: bytes, content: bool = True) -> None:
        if not line.writer.is_closing():
            line.writer.write(self._encrypted(line, body, content))

    def _encrypted(self, line: Line, body: bytes, content: bool = True) -> bytes:
        number = line.sent * 2 + content
        line.sent += content
        now = int(time.time() * 2**32) & ~3
        self._last_id = max(now, (self._last_id & ~3) + 4) | 1
        packet = DecryptedMessagePacket(line.salt, line.session, self._last_id, number, body)
        return bytes(line.protocol.send(packet.encrypt(self.key, ConnectionRole.SERVER)))
