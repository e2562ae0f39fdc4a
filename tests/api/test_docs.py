"""The commands in docs/api.md work as they are printed."""

import os
import re
import subprocess

from PIL import Image

from tests.api.conftest import secret_of
from tests.checkout import ROOT
from tests.factories import post
from tests.requirements_present import program

EXAMPLES = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)


def test_the_examples_work(uvicorn, cast, tmp_path):
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "photo.png")
    curl = program("curl")
    message = post(cast["room"], cast["owner"], "The backup is running")
    values = {
        "TOKEN": secret_of(cast["owner"]),
        "SITE": uvicorn.url,
        "ROOM": str(cast["room"].pk),
        "MESSAGE": str(message.pk),
        "AFTER": "",
        "CURL_HOME": "/nonexistent",
    }
    for example in EXAMPLES:
        script = "set -e\n" + example.replace("curl ", f"{curl} --fail-with-body --silent --show-error ")
        run = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, **values},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, example + run.stdout + run.stderr
    assert len(EXAMPLES) >= 6
