"""Requests to other servers are bounded in time and size, and go only to the address that was checked."""

import gzip
import socket
import ssl
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outbound import connecting
from outbound.client import RequestFailed, Response
from outbound.guard import NotAllowed
from tests.push_service import PushService, hang, status


@pytest.fixture
def client(service, make_client):
    return make_client(service.host, f"localhost:{service.port}", max_body=4_096)


def post(client, service: PushService, path: str = "/x", body: bytes = b"abc", **options) -> Response:
    return client.send("POST", f"https://{service.host}{path}", {"TTL": "60"}, body, **options).result(10)


def test_a_request_arrives_as_it_was_sent(service, client):
    assert post(client, service, "/send/abc?x=1").status == 201
    (received,) = service.received
    assert (received.method, received.path, received.body) == ("POST", "/send/abc?x=1", b"abc")
    assert received.headers["host"] == service.host
    assert received.headers["ttl"] == "60"
    assert not {"cookie", "authorization"} & received.headers.keys()


def test_a_connection_is_used_again(service, client):
    for _ in range(3):
        post(client, service)
    assert service.connections == 1


def test_after_the_server_has_closed_a_connection_another_one_is_opened(service, client):
    service.reply = status(201, Connection="close")
    post(client, service)
    service.reply = status(201)
    post(client, service)
    assert service.connections == 2
    service.reply = lambda received: None  # closes it without a response
    with pytest.raises(RequestFailed):
        post(client, service)
    service.reply = status(201)
    assert post(client, service).status == 201


def test_no_cookie_is_kept(service, client):
    service.reply = status(201, Set_Cookie="a=b")
    post(client, service)
    post(client, service)
    assert "cookie" not in service.received[1].headers


# -- redirects ------------------------------------------------------------------------------------


def test_redirects_are_not_followed_unless_they_are_asked_for(service, client):
    service.reply = status(307, Location=f"https://{service.host}/secret")
    assert post(client, service).status == 307
    assert [each.path for each in service.received] == ["/x"]


def redirecting(to: dict[str, str], code: int = 307):
    def reply(received):
        return (code, {"Location": to[received.path]}, b"") if received.path in to else (200, {}, b"there")

    return reply


def test_a_redirect_is_followed_with_its_method_and_body(service, make_client):
    client = make_client(service.host, redirects=2)
    service.reply = redirecting({"/x": "/y?z#w", "/y?z": f"https://{service.host}/end"})
    assert post(client, service).body == b"there"
    assert [(each.method, each.path, each.body) for each in service.received] == [
        ("POST", "/x", b"abc"),
        ("POST", "/y?z", b"abc"),
        ("POST", "/end", b"abc"),
    ]


def test_a_post_is_not_turned_into_another_request(service, make_client):
    service.reply = redirecting({"/x": "/y"}, 302)
    client = make_client(service.host, redirects=2)
    assert post(client, service).status == 302
    assert client.send("GET", f"https://{service.host}/x", {}).result(10).body == b"there"


def test_redirects_without_end_are_an_error(service, make_client):
    service.reply = redirecting({"/x": "/x"})
    with pytest.raises(RequestFailed, match="too often"):
        post(make_client(service.host, redirects=3), service)
    assert len(service.received) == 4


@pytest.mark.parametrize(
    "location",
    [
        "https://localhost:{port}/",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "file:///etc/passwd",
        "//[#",
    ],
    ids=["a private name", "metadata", "a mapped address", "a file", "nothing valid"],
)
def test_a_redirect_to_somewhere_that_is_not_allowed_is_refused(location, service, make_client):
    service.reply = redirecting({"/x": location.format(port=service.port)})
    with pytest.raises(NotAllowed):
        post(make_client(service.host, redirects=3), service)
    assert len(service.received) == 1


def test_a_redirect_to_plain_http_is_refused(service, make_client):
    service.reply = redirecting({"/x": f"http://{service.host}/y"})
    with pytest.raises(NotAllowed, match="from https to http"):
        post(make_client(service.host, redirects=3), service)


# -- sizes and times ------------------------------------------------------------------------------


def test_only_the_beginning_of_a_long_body_is_read(service, client):
    service.reply = status(400, b"x" * 1_000_000)
    response = post(client, service)
    assert (len(response.body), response.is_complete) == (4_096, False)
    service.reply = status(201)
    assert post(client, service).is_complete


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress)],
    ids=["gzip", "deflate"],
)
def test_a_compressed_body_is_bounded_by_what_it_decompresses_to(encoding, compress, service, client):
    service.reply = status(200, compress(b"hello"), Content_Encoding=encoding)
    assert post(client, service).body == b"hello"
    service.reply = status(200, compress(bytes(50_000_000)), Content_Encoding=encoding)
    response = post(client, service)
    assert (len(response.body), response.is_complete) == (4_096, False)


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"hello"), ("zstd", b"hello")], ids=["broken", "unknown"])
def test_a_body_that_cannot_be_decompressed_is_an_error(encoding, body, service, client):
    service.reply = status(200, body, Content_Encoding=encoding)
    with pytest.raises(RequestFailed):
        post(client, service)


def test_a_chunked_response_is_read(service, client):
    service.reply = lambda received: (400, {"Transfer-Encoding": "chunked"}, b"3\r\nabc\r\n0\r\n\r\n")
    assert post(client, service).body == b"abc"


def test_a_server_that_does_not_answer_is_given_up(service, client):
    service.reply = hang()
    begun = time.monotonic()
    with pytest.raises(RequestFailed, match="within"):
        post(client, service, seconds=0.3)
    assert time.monotonic() - begun < 2


def test_a_slow_host_holds_up_no_other(service, make_client, tmp_path):
    client = make_client(service.host, f"localhost:{service.port}", per_host=2)
    waiting = threading.Event()
    service.reply = lambda received: (
        waiting.wait(5) and None if received.headers["host"] == service.host else (200, {}, b"")
    )
    slow = [client.send("POST", f"https://{service.host}/", {}, b"") for _ in range(200)]
    assert client.send("POST", f"https://localhost:{service.port}/", {}, b"").result(2).status == 200
    assert len(service.received) == 3
    waiting.set()
    assert all(isinstance(future.exception(10), RequestFailed) for future in slow)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000,
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nab",
    ],
    ids=["an endless head", "another protocol", "no status", "a body that is too short"],
)
def test_a_broken_answer_is_an_error(answer, service, make_client):
    with one_answer(service, answer, pause=0) as host, pytest.raises(RequestFailed):
        make_client(host).send("POST", f"https://{host}/", {}, b"").result(10)


def test_an_answer_that_trickles_in_takes_no_longer(service, make_client):
    answer = b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100
    with one_answer(service, answer, pause=0.1) as host:
        begun = time.monotonic()
        with pytest.raises(RequestFailed, match="within"):
            make_client(host, seconds=0.5).send("POST", f"https://{host}/", {}, b"").result(10)
        assert time.monotonic() - begun < 2


def test_closing_ends_what_is_going_on(service, client):
    service.reply = hang()
    future = client.send("POST", f"https://{service.host}/", {}, b"")
    client.close()
    with pytest.raises(RequestFailed):
        future.result(1)
    with pytest.raises(RequestFailed):
        post(client, service)


# -- where requests go ----------------------------------------------------------------------------


def test_the_certificate_must_be_valid(service, client, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(RequestFailed, match="certificate"):
        post(client, service)
    assert service.received == []


def test_the_certificate_must_be_that_of_the_name(service, make_client, resolving):
    resolving("127.0.0.1")
    client = make_client(f"bot.example.org:{service.port}")
    with pytest.raises(RequestFailed, match="certificate"):
        client.send("POST", f"https://bot.example.org:{service.port}/", {}, b"").result(10)
    assert service.received == []


def test_a_name_is_connected_at_the_address_that_was_checked(service, client, monkeypatch):
    """A second lookup, whose answer may differ, would defeat the check."""
    lookups = []
    real = socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        lookups.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(connecting.socket, "getaddrinfo", look_up)
    url = f"https://localhost:{service.port}/"
    assert client.send("POST", url, {}, b"").result(10).status == 201
    assert lookups == ["localhost"]


def test_a_name_with_a_private_address_is_never_connected(service, make_client):
    with pytest.raises(NotAllowed, match=r"127\.0\.0\.1|::1"):
        make_client().send("POST", f"https://localhost:{service.port}/", {}, b"").result(10)
    assert service.connections == 0


def test_one_private_address_of_several_is_enough_to_refuse_a_name(service, make_client, resolving):
    resolving("142.250.1.95", "10.0.0.1")
    with pytest.raises(NotAllowed, match=r"10\.0\.0\.1"):
        make_client().send("POST", "https://example.org/", {}, b"").result(10)


def test_a_network_can_be_allowed(service, make_client):
    client = make_client("127.0.0.0/8", "::1/128")
    assert client.send("POST", f"https://localhost:{service.port}/", {}, b"").result(10).status == 201
    assert post(client, service).status == 201


def test_plain_http_is_possible_where_it_is_allowed(make_client):
    with plain_server() as host:
        assert make_client(host).send("GET", f"http://{host}/", {}).result(10).status == 501
        with pytest.raises(NotAllowed, match="https"):
            make_client().send("GET", f"http://{host}/", {}).result(10)


@pytest.fixture
def resolving(monkeypatch):
    def resolve_to(*addresses: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(connecting.socket, "getaddrinfo", lambda *args, **kwargs: found)

    return resolve_to


@contextmanager
def plain_server():
    class Quiet(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class one_answer:
    """Answers one connection with these bytes, piece by piece."""

    def __init__(self, service: PushService, answer: bytes, *, pause: float) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(service.certificate)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self._answer, self._pause = answer, pause

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

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
                    time.sleep(self._pause)  # plays a slow server: no read times out, only the whole response does
                accepted.unwrap()
        except OSError:
            pass
