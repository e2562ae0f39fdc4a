"""A push service over HTTPS that records what it receives, and can refuse requests, hang or disconnect."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.push_device import Device

Reply = tuple[int, Mapping[str, str], bytes]
CREATED: Reply = (201, {}, b"")


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class PushService:
    """`reply`: returns the response to a request, or None to close the connection. Only accepted ones are `accepted`."""

    port: int
    certificate: Path
    received: list[Received] = field(default_factory=list)
    accepted: list[Received] = field(default_factory=list)
    connections: int = 0
    reply: Callable[[Received], Reply | None] = lambda received: CREATED

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def device(self, name: str = "device") -> Device:
        return Device(f"https://{self.host}/send/{name}")

    def paths(self) -> list[str]:
        return [each.path for each in self.accepted]


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[Received], Reply]:
    """Return a reply to all requests. `headers`: with "_" in place of "-"."""
    return lambda received: (code, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@contextmanager
def push_service(folder: Path, port: int = 0) -> Iterator[PushService]:
    certificate = make_certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    # The handshake is made in the thread of the connection, so that a client without one doesn't block the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    service = server.service = PushService(server.server_address[1], certificate)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for each response

    def setup(self) -> None:
        super().setup()
        self.service.connections += 1

    @property
    def service(self) -> PushService:
        return self.server.service  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        received = Received(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
        )
        self.service.received.append(received)
        reply = self.service.reply(received)
        if reply is None:
            self.close_connection = True
            return
        code, headers, content = reply
        if 200 <= code < 300:
            self.service.accepted.append(received)
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(content))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST

    def log_message(self, *args: Any) -> None:
        pass


def make_certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 and localhost, which signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "push_service.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def hang(seconds: float = 5.0) -> Callable[[Received], None]:
    """Return a reply that never comes in time: longer than the sender's timeout in these tests."""
    return lambda received: time.sleep(seconds)
