"""Requests to push services are bounded in time and size, and go only to the address that was checked."""

import socket
import ssl
import threading
import time

import pytest

from messaging.push import connection
from messaging.push.connection import MAX_BODY, Connections, InvalidResponse
from messaging.push.services import NotAllowed, Service, service_of
from tests.push_service import PushService, hang, status


@pytest.fixture
def connections():
    connections = Connections(1.0)
    yield connections
    connections.close()


def post(connections: Connections, service: PushService, path: str = "/x", body: bytes = b"abc"):
    return connections.post(service_of(f"https://{service.host}{path}"), path, {"TTL": "60"}, body)


def test_a_request_arrives_as_it_was_sent(service, connections):
    assert post(connections, service, "/send/abc?x=1").status == 201
    (received,) = service.received
    assert (received.path, received.body) == ("/send/abc?x=1", b"abc")
    assert received.headers["host"] == service.host
    assert received.headers["ttl"] == "60"


def test_a_connection_is_used_again(service, connections):
    for _ in range(3):
        post(connections, service)
    assert service.connections == 1


def test_after_the_push_service_has_closed_a_connection_another_one_is_opened(service, connections):
    service.reply = status(201, Connection="close")
    post(connections, service)
    service.reply = status(201)
    post(connections, service)
    assert service.connections == 2
    service.reply = lambda received: None  # closes it without a response
    with pytest.raises(OSError):
        post(connections, service)
    service.reply = status(201)
    assert post(connections, service).status == 201


def test_a_connection_that_was_idle_for_long_is_not_used_again(service, connections, monkeypatch):
    post(connections, service)
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0)
    post(connections, service)
    assert service.connections == 2


def test_redirects_are_not_followed(service, connections):
    service.reply = status(302, Location=f"https://{service.host}/secret")
    assert post(connections, service).status == 302
    assert [each.path for each in service.received] == ["/x"]


def test_a_long_body_is_not_read_and_ends_the_connection(service, connections):
    service.reply = status(400, b"x" * 1_000_000)
    assert len(post(connections, service).body) == MAX_BODY
    service.reply = status(201)
    post(connections, service)
    assert service.connections == 2


def test_a_chunked_response_is_read_without_waiting_for_the_end_of_the_connection(service, connections):
    service.reply = lambda received: (400, {"Transfer-Encoding": "chunked"}, b"3\r\nabc\r\n0\r\n\r\n")
    begun = time.monotonic()
    assert b"abc" in post(connections, service).body
    assert time.monotonic() - begun < 0.9


def test_a_push_service_that_does_not_answer_is_given_up(service):
    connections = Connections(0.3)
    service.reply = hang()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        post(connections, service)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 10_000, InvalidResponse),
        (b"SSH-2.0-OpenSSH\r\n\r\n", InvalidResponse),
        (b"HTTP/1.1 abc\r\n\r\n", InvalidResponse),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nab", OSError),
    ],
)
def test_a_broken_answer_is_an_error(answer, error, service, connections):
    with one_answer(service, answer, pause=0) as host, pytest.raises(error):
        connections.post(Service("127.0.0.1", int(host), is_trusted=True), "/", {}, b"")


def test_an_answer_that_trickles_in_takes_no_longer(service):
    answer = b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100
    with one_answer(service, answer, pause=0.1) as host:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            Connections(0.5).post(Service("127.0.0.1", int(host), is_trusted=True), "/", {}, b"")
        assert time.monotonic() - begun < 2


def test_the_certificate_must_be_valid(service, connections, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    connection._tls.cache_clear()
    with pytest.raises(ssl.SSLCertVerificationError):
        post(connections, service)
    assert service.received == []


def test_a_name_is_connected_at_the_address_that_was_checked(service, connections, monkeypatch):
    """A second lookup, whose answer may differ, would defeat the check."""
    lookups = []
    real = socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        lookups.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert connections.post(Service("localhost", service.port, is_trusted=True), "/", {}, b"").status == 201
    assert lookups.count("localhost") == 1


def test_an_untrusted_name_with_a_private_address_is_never_connected(service, connections):
    with pytest.raises(NotAllowed):
        connections.post(Service("localhost", service.port, is_trusted=False), "/", {}, b"")
    assert service.connections == 0


class one_answer:
    """Answers one connection with these bytes, piece by piece."""

    def __init__(self, service: PushService, answer: bytes, *, pause: float) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(service.certificate)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self._answer, self._pause = answer, pause

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return str(self._listener.getsockname()[1])

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        try:
            accepted, _address = self._listener.accept()
            with accepted:
                accepted.recv(1024)
                step = 6 if self._pause else len(self._answer)
                for start in range(0, len(self._answer), step):
                    accepted.sendall(self._answer[start : start + step])
                    time.sleep(self._pause)  # drop by drop, to reach the limit on the whole answer
                accepted.unwrap()
        except OSError:
            pass
