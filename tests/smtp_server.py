"""An SMTP server that can be configured to refuse emails, to hang or to disconnect."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from io import BufferedReader


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: tuple[str, ...]
    message: Message

    @property
    def id(self) -> str:
        return self.message["Message-ID"]


@dataclass
class SMTPServer:
    """`replies`: the reply to a command (or "greeting", "content"), instead of success.

    A reply of None is never sent, and "" closes the connection.
    """

    listener: socket.socket
    replies: dict[str, str | None] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            if self._reply(connection, "greeting", "220 ready"):
                self._converse(connection, lines)

    def _converse(self, connection: socket.socket, lines: BufferedReader) -> None:
        sender, recipients = "", []
        for line in lines:
            words = line.decode().split()
            command = words[0].upper()
            if command == "MAIL":
                sender = words[1].partition("<")[2].strip(">")
            elif command == "RCPT":
                recipients.append(words[1].partition("<")[2].strip(">"))
            success = {"DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 ok")
            if not self._reply(connection, command, success):
                return
            if command == "DATA":
                content = b"".join(line.removeprefix(b".") for line in iter(lines.readline, b".\r\n"))
                if self.replies.get("content") in (None, ""):
                    self.received.append(Received(sender, tuple(recipients), message_from_bytes(content)))
                if not self._reply(connection, "content", "250 accepted"):
                    return

    def _reply(self, connection: socket.socket, command: str, success: str) -> bool:
        reply = self.replies.get(command, success)
        if reply is None:
            connection.recv(1)  # until the client gives up
        if not reply:
            return False
        connection.sendall(f"{reply}\r\n".encode())
        return True


@contextmanager
def smtp_server(port: int = 0, **replies: str | None) -> Iterator[SMTPServer]:
    server = SMTPServer(socket.create_server(("127.0.0.1", port)), replies)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        for connection in server.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
