"""Invalid requests leave no traceback in the log, because anyone can send millions of them."""

import pytest

from tests.attacks.wire import exchange, status_of

pytestmark = [pytest.mark.usefixtures("any_member"), pytest.mark.slow]

FORM = "application/x-www-form-urlencoded"
CHARSETS = [
    "idna",
    "rot13",
    "hex",
    "zlib",
    "base64",
    "bz2",
    "uu",
    "quopri",
    "punycode",
    "undefined",
    "latin-1",
    "utf-16",
    "no-such",
]
LOGIN = "/accounts/login/"


def request(
    method: str, path: str, *headers: str, body: bytes = b"", host: str | None = "127.0.0.1", length: bool = True
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Connection: close", *headers]
    if host is not None:
        lines.append(f"Host: {host}")
    if body and length:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body


def form(content_type: str, body: bytes = b"login=a&password=b", path: str = LOGIN) -> bytes:
    return request("POST", path, f"Content-Type: {content_type}", body=body)


def multipart(*parts: bytes, path: str = LOGIN) -> bytes:
    body = b"".join(b"--b\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"
    return form("multipart/form-data; boundary=b", body, path)


def field(name: str, value: bytes = b"x", disposition: str = "", headers: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="%s"%s\r\n%s\r\n%s' % (
        name.encode(),
        disposition.encode(),
        headers,
        value,
    )


def file(name: str, headers: bytes = b"") -> bytes:
    return field(name, disposition=f'; filename="{name}.txt"', headers=headers)


INVALID_REQUESTS = {
    **{f"form in {charset}": form(f"{FORM}; charset={charset}") for charset in CHARSETS},
    **{f"multipart in {charset}": form(f"multipart/form-data; boundary=b; charset={charset}", b"--b--\r\n") for charset in CHARSETS},
    **{f"JSON in {charset}": form(f"application/json; charset={charset}", b"{}") for charset in CHARSETS},
    **{f"escaped charset {charset}": form(f"{FORM}; charset*={charset}''x") for charset in CHARSETS},
    **{f"escaped charset {charset} of a file name": multipart(field("a", disposition=f"; filename*={charset}''x")) for charset in CHARSETS},
    "latin-1 form": form(FORM, b"login=\xe9\xe8&password=\xff" * 500),
    "escaped latin-1 form": form(FORM, b"login=%E9&password=%ff%fe"),
    "null characters in a form": form(FORM, b"login=%00&password=%00"),
    "lone surrogates in a form": form(FORM, b"login=%ED%A0%80&password=x"),
    "many fields": form(FORM, b"&".join(b"a%d=x" % number for number in range(2_000))),
    "large form": form(FORM, b"a=" + b"x" * 2_000_000),
    "multipart without a boundary": form("multipart/form-data"),
    "multipart without a boundary at an unknown address": form("multipart/form-data", path="/nowhere/"),
    "multipart with an odd boundary": form("multipart/form-data; boundary=\xe9\xff", b"--x"),
    "multipart with many fields": multipart(*(field(f"a{number}") for number in range(2_000))),
    "multipart with many files": multipart(*(file(f"a{number}") for number in range(200))),
    "multipart with large headers": multipart(field("a", headers=b"X: " + b"x" * 20_000 + b"\r\n")),
    "multipart with bad Base64": multipart(field("a", b"===", headers=b"Content-Transfer-Encoding: base64\r\n")),
    "multipart with a part in idna": multipart(file("a", b"Content-Type: text/plain; charset=idna\r\n")),
    "multipart with a latin-1 field": multipart(field("login", b"\xe9\xff")),
    "multipart cut off": form("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a'),
    "multipart without a boundary and a null character": form("multipart/form-data", path=f"{LOGIN}?next=%00"),
    "two content types": form(f"{FORM}; charset=utf-8\r\nContent-Type: \xe9"),
    "wrong host": request("GET", "/", host="elsewhere.example"),
    "empty host": request("GET", "/", host=""),
    "no host": request("GET", "/", host=None),
    "doubled host": request("GET", "/", "Host: 127.0.0.1"),
    "host with a path": request("GET", "/", host="127.0.0.1/x"),
    "host in latin-1": request("GET", "/", host="\xe9\xff"),
    "host with a large port": request("GET", "/", host="127.0.0.1:99999999"),
    "null character in the address": request("GET", "/people/%00/"),
    "null character in the query": request("GET", f"{LOGIN}?next=%00"),
    "null character in the session cookie": request("GET", "/", 'Cookie: sessionid="\\000"'),
    "null character in the language cookie": request("GET", "/", 'Cookie: django_language="\\000"'),
    "null character in the CSRF cookie": form(FORM + '\r\nCookie: csrftoken="\\000"'),
    "null character in the messages": request("GET", LOGIN, 'Cookie: messages="\\000"'),
    "a large number in the address": request("GET", f"/rooms/{'9' * 25}/"),
    "a very large number in the address": request("GET", f"/rooms/{'9' * 5_000}/"),
    "invalid UTF-8 in the address": request("GET", "/people/%ff%fe/"),
    "invalid UTF-8 in the query": request("GET", f"{LOGIN}?next=%ff%fe"),
    "a lone surrogate in the address": request("GET", "/people/%ED%A0%80/"),
    "an absolute address": request("GET", "http://127.0.0.1/"),
    "an address of another site": request("GET", "http://elsewhere.example/"),
    "an address without a path": request("GET", "http://127.0.0.1"),
    "an asterisk": request("OPTIONS", "*"),
    "CONNECT": request("CONNECT", "127.0.0.1:80"),
    "TRACE": request("TRACE", "/"),
    "an unknown method": request("BREW", "/"),
    "an unknown upgrade": request("GET", "/health/live", "Upgrade: h2c", "Connection: Upgrade"),
    "an odd language": request("GET", LOGIN, "Accept-Language: " + "x-" * 3_000),
    "an odd range": request("GET", "/static/css/app.css", "Range: bytes=9-1,x"),
    "an odd date": request("GET", "/static/css/app.css", "If-Modified-Since: Fri, 99 Foo 99999 99:99:99"),
    "an odd encoding": request("GET", LOGIN, "Accept-Encoding: gzip;q=\xe9"),
    "a null character in a static file": request("GET", "/static/%00"),
    "a parent folder of static files": request("GET", "/static/../../etc/passwd"),
    "an odd length": request("POST", LOGIN, "Content-Length: -1", body=b"x", length=False),
    "two lengths": request("POST", LOGIN, "Content-Length: 1", "Content-Length: 2", body=b"x", length=False),
    "upload with HEAD in a header": request("POST", "/uploads/", "X-HTTP-Method-Override: HEAD", "Tus-Resumable: 1.0.0", body=b"x"),
    "upload with an odd method": request("POST", "/uploads/", "X-HTTP-Method-Override: \xe9", "Tus-Resumable: 1.0.0", body=b"x"),
    "upload without a session": request("POST", "/uploads/", "Tus-Resumable: 1.0.0", 'Cookie: sessionid="\\000"'),
    "an odd token for metrics": request("GET", "/metrics", "Authorization: Bearer \xe9"),
    "an odd page": request("GET", "/people/?page=" + "9" * 5_000),
}  # fmt: skip


@pytest.mark.parametrize("wrong", INVALID_REQUESTS.values(), ids=INVALID_REQUESTS)
def test_invalid_request_is_not_a_server_error(uvicorn, wrong):
    before = len(uvicorn.log)
    response = exchange(uvicorn, wrong)
    assert 200 <= status_of(response) < 500, response[:500]
    logged = uvicorn.log[before:]
    assert "Traceback" not in logged
    assert len(logged) < 40_000
