"""An unavailable database has its own error page, and leaves no traceback in the log. Nor do invalid Host headers."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.middleware import FirstVisitorMiddleware


@pytest.fixture
def failing(monkeypatch) -> Client:
    def fail(error: Exception) -> Client:
        def call(*_args):
            raise error

        monkeypatch.setattr(FirstVisitorMiddleware, "__call__", call)
        return Client(raise_request_exception=False)

    return fail


def test_unavailable_database_is_a_503_with_retry_after(failing):
    response = failing(OperationalError("database or disk is full")).get("/accounts/login/")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "can’t use its database" in response.content.decode()


def test_other_errors_are_a_500(failing):
    response = failing(ValueError("a bug")).get("/accounts/login/")
    assert response.status_code == 500
    assert "server log" in response.content.decode()


def test_invalid_host_header_is_not_logged(tmp_path):
    program = (
        "import django; django.setup(); from django.test import Client; "
        "print(Client().get('/accounts/login/', headers={'host': 'evil.example'}).status_code)"
    )
    values = {**os.environ, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    result = subprocess.run([sys.executable, "-c", program], env=values, capture_output=True, text=True, check=True)
    assert result.stdout == "400\n"
    assert result.stderr == ""
