"""Schemathesis sends valid and invalid requests to every endpoint. Each answer is one that the description names."""

import subprocess
import sys

import pytest

from accounts.models import Scope
from tests.api.conftest import secret_of
from tests.factories import make_member, make_user, post

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
)


# The process of the tests' site keeps its settings, and the token must stay valid.
LEFT_OUT = r"^/events$|^/admin/site|/tokens"


@pytest.mark.slow
def test_answers_conform_to_the_description(uvicorn, cast, tmp_path):
    admin = make_user("admin", is_staff=True, is_superuser=True)
    make_member(cast["room"], admin)
    for number in range(5):
        post(cast["room"], cast["member"], f"Message {number}")
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{uvicorn.url}/api/v1/openapi.json"]
    command += ["--header", f"Authorization: Bearer {secret_of(admin, *Scope)}", "--checks", CHECKS]
    command += ["--max-examples", "15", "--seed", "1", "--no-color", "--phases", "examples,coverage,fuzzing"]
    command += ["--exclude-path-regex", LEFT_OUT, "--request-timeout", "30", "--generation-deterministic"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stdout[-30_000:] + run.stderr[-2_000:]
    assert "Traceback" not in uvicorn.log
