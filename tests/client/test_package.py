"""The client's package, installed alone."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from chatsite_client import __version__
from tests.checkout import ROOT

PROGRAM = """
import sys
import chatsite_client, chatsite_mcp.main, chatsite_terminal.app, chatsite_terminal.main
print(chatsite_terminal.main.__file__)
sys.exit("django" in sys.modules)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """Return the folder with the programs of a new environment, in which there is only the package and what it needs."""
    folder = tmp_path_factory.mktemp("package")
    ignored = shutil.ignore_patterns(".venv", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "client", folder / "client", ignore=ignored)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *alone, "--wheel-dir", folder, folder / "client"], check=True)
    venv.create(folder / "environment", symlinks=True)
    python = folder / "environment/bin/python"
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "--python", python, "install", *alone, wheel], check=True)
    link_requirements(python)
    return python.parent


def link_requirements(python: Path) -> None:
    """Link the packages that the client needs, which can't be downloaded in tests, but none of the server's."""
    report = "import sysconfig; print(sysconfig.get_path('purelib'))"
    target = Path(subprocess.run([python, "-c", report], capture_output=True, text=True, check=True).stdout.strip())
    for folder in map(Path, sys.path):
        if folder.name != "site-packages":
            continue
        for package in folder.iterdir():
            is_of_server = package.name.casefold().startswith(("django", "channels", "allauth", "_"))
            if not is_of_server and package.suffix != ".pth" and not (target / package.name).exists():
                (target / package.name).symlink_to(package)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60)


def test_the_client_works_without_django(environment):
    assert run(environment / "python", "-c", "import django").returncode == 1
    imported = run(environment / "python", "-c", PROGRAM)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.startswith(str(environment.parent))


@pytest.mark.parametrize("command", ["chatsite", "chatsite-mcp"])
def test_its_commands_explain_themselves(environment, command):
    explained = run(environment / command, "--help")
    assert (explained.returncode, explained.stderr) == (0, "")
    assert explained.stdout.startswith(f"usage: {command} ")


def test_it_knows_its_version(environment):
    assert run(environment / "chatsite", "--version").stdout == f"Chatsite {__version__}\n"
