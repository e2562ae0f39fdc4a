"""Plain mode with the encoding and the token that its environment gives it."""

import pytest

from messaging.models import Message
from tests.client.test_plain import finish, start, terminal  # noqa: F401
from tests.factories import post


@pytest.mark.parametrize(("encoding", "shown"), [("latin-1", "café ?"), ("ascii", "caf? ?")], ids=["latin-1", "ascii"])
def test_the_terminal_may_have_another_encoding(terminal, mira, everyone, encoding, shown):  # noqa: F811
    post(everyone, mira.user, "café 😀")
    process = terminal(
        "--room", "everyone", "--lines", "1", variables={"PYTHONIOENCODING": encoding}, encoding=encoding
    )
    status, output, errors = finish(process, "café\n" if encoding == "latin-1" else "cafe\n")
    assert (status, errors) == (0, "")
    assert output[5:].splitlines()[0] == f" mira: {shown}"
    assert Message.objects.last().body == ("café" if encoding == "latin-1" else "cafe")


@pytest.mark.parametrize(
    "content", ["", "two words", "chatsite_ü", "one\ntwo"], ids=["empty", "blank", "umlaut", "lines"]
)
def test_what_is_no_token_is_not_repeated(uvicorn, tmp_path, content):
    (tmp_path / "token").write_text(content)
    status, _output, errors = finish(start(tmp_path, uvicorn.url, "--plain", "--token-file", str(tmp_path / "token")))
    assert status == 2
    assert "API token" in errors
    assert not content or content not in errors
