"""The commands in bin/ and the server: usage, errors, setting up the environment, starting and stopping."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from chatsite.conf import env
from chatsite.server.bind import listen
from tests.checkout import ROOT
from tests.server import collected
from tests.services import answers, free_port, running

pytestmark = pytest.mark.slow

LOCKS = ("requirements", "requirements-dev", "client/requirements")
SERVER = [sys.executable, "-m", "chatsite.server"]


def run(*command: object, **environment: object) -> subprocess.CompletedProcess[str]:
    values = {name: str(value) for name, value in environment.items()}
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=os.environ | values, capture_output=True, text=True, timeout=180
    )


def startup_error(*prefix: str, **environment: object) -> str:
    """Start the server with settings that it cannot use; return its one-line error. `prefix`: a command that runs it."""
    result = run(*prefix, *SERVER, **environment)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr


# -- usage --------------------------------------------------------------------------------------


def test_serve_prints_its_usage():
    result = run(ROOT / "bin/serve", "--help")
    assert result.returncode == 0
    assert "--port" in result.stdout


@pytest.mark.parametrize("arguments", [["--prot", "8000"], ["--port"], ["--host"], ["8000"]])
def test_serve_rejects_unknown_arguments(arguments):
    result = run(ROOT / "bin/serve", *arguments)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("serve: ")


def test_every_setting_is_explained_in_the_example():
    names = env.names  # of all settings that have been read
    explained = re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(set(names)) == sorted(explained)


def test_the_locks_pin_by_hash_and_name_no_host():
    runtime, development, client = (ROOT / f"{name}.txt" for name in LOCKS)
    for lock in (runtime, development, client):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
    pins = set(re.findall(r"^\S+==\S+", development.read_text(), re.MULTILINE))
    for lock in (runtime, client):
        assert set(re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE)) <= pins


def test_vendored_code_names_its_version_and_no_source_map():
    readme = (ROOT / "static/vendor/README.md").read_text()
    for file in (ROOT / "static/vendor").rglob("*.*"):
        if file.suffix in (".css", ".js"):
            assert "sourceMappingURL" not in file.read_text()
            name = re.sub(r"names-[a-z-]+\.js$", "names-….js", str(file.relative_to(ROOT / "static/vendor")))
            assert name in readme
            assert (file.parent / "LICENSE").exists()


def test_the_packages_of_missing_browsers_are_named():
    command = ["/bin/bash", "-c", f". {ROOT}/bin/lib/packages.sh; missing_packages"]
    result = subprocess.run(command, env={"PATH": "/nowhere"}, capture_output=True, text=True)
    assert {"chromium", "firefox-esr", "webkit2gtk-driver", "xvfb"} <= set(result.stdout.split())


# -- the environment ----------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    """Return a folder with requirements and a fake `python3` that records what it does."""
    (tmp_path / "requirements.txt").write_text("thing==1 \\\n    --hash=sha256:00\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "python3"
    fake.write_text(f"""#!/bin/sh
case "$*" in
    -V) echo "Python 3.11.0" ;;
    *"-m venv"*) echo venv >>{tmp_path}/done; rm -rf {tmp_path}/.venv; mkdir -p {tmp_path}/.venv/bin
                 cp "$0" {tmp_path}/.venv/bin/python ;;
    *"-m pip install"*) echo install >>{tmp_path}/done; [ ! -e {tmp_path}/broken ] ;;
esac
""")
    fake.chmod(0o755)
    return tmp_path


def set_up(checkout: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    script = f"root={checkout}; . {ROOT}/bin/lib/environment.sh; ensure_environment {checkout}/requirements.txt"
    path = path or f"{checkout}/programs:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script], env={"PATH": path}, capture_output=True, text=True, timeout=90
    )


def steps(checkout: Path) -> list[str]:
    file = checkout / "done"
    recorded = file.read_text().split() if file.exists() else []
    file.unlink(missing_ok=True)
    return recorded


def test_the_environment_is_made_once(checkout):
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["venv", "install"]
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == []


def test_changed_requirements_are_installed_into_the_same_environment(checkout):
    set_up(checkout)
    steps(checkout)
    (checkout / "requirements.txt").write_text("thing==2 \\\n    --hash=sha256:11\n")
    set_up(checkout)
    assert steps(checkout) == ["install"]


def test_an_interrupted_installation_is_repeated_from_the_start(checkout):
    (checkout / "broken").touch()
    result = set_up(checkout)
    assert result.returncode == 1
    assert "run this again" in result.stderr
    (checkout / "broken").unlink()
    steps(checkout)
    assert set_up(checkout).returncode == 0
    assert steps(checkout) == ["venv", "install"]


def test_without_python_the_error_says_how_to_install_it(checkout):
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("id", "basename", "cat", "sha256sum", "grep", "mkdir", "touch", "rm"):
        (tools / name).symlink_to(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}")
    result = set_up(checkout, path=str(tools))
    assert result.returncode == 1
    assert "apt-get install -y --no-install-recommends python3 python3-venv" in result.stderr


# -- the server ---------------------------------------------------------------------------------


def test_an_invalid_port_is_an_error(tmp_path):
    assert "PORT=" in startup_error(DATA_DIR=tmp_path, PORT="eighty")


def test_a_port_in_use_is_an_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"PORT={port} on 127.0.0.1 is already in use" in startup_error(DATA_DIR=tmp_path, PORT=port)


def test_an_unknown_host_is_an_error(tmp_path):
    assert "HOST=" in startup_error(DATA_DIR=tmp_path, HOST="192.0.2.1", PORT=free_port(), SITE_URL="http://192.0.2.1")


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="there is no IPv6")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_all_addresses_are_those_of_both_ip_versions(address):
    port = free_port()
    (sockets,) = listen("::", port)
    with socket.create_connection((address, port), timeout=10):
        pass
    for each in sockets:
        each.close()


def test_an_unusable_data_dir_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    assert "DATA_DIR=" in startup_error(DATA_DIR=tmp_path / "file", PORT=free_port())


def test_an_unavailable_database_is_an_error(tmp_path):
    assert "DATABASE_URL" in startup_error(
        DATA_DIR=tmp_path, PORT=free_port(), DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/nothing"
    )


def test_the_server_starts_and_stops(tmp_path):
    (tmp_path / "static").symlink_to(collected())
    port = free_port()
    environment = os.environ | {"DATA_DIR": str(tmp_path), "PORT": str(port)}
    with running(SERVER, lambda: answers(port), env=environment, cwd=ROOT) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=120) as response:
            assert response.status == 200
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
        assert "REDIS_URL" in startup_error(
            DATA_DIR=tmp_path, PORT=free_port()
        )  # without it a second server would miss the events of the first
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
