"""compose.yaml and the Dockerfile name what is there."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
IGNORE = (ROOT / ".dockerignore").read_text().split()


def test_every_setting_that_compose_gives_exists():
    explained = set(re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert COMPOSE["services"]["chatsite"]["environment"].keys() <= explained


def test_every_file_that_compose_mounts_exists():
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", ())]
    sources = [mount.split(":")[0] for mount in mounts]
    assert all((ROOT / source).is_file() for source in sources if source.startswith("."))
    assert {source for source in sources if not source.startswith(".")} == COMPOSE["volumes"].keys()


def test_files_on_their_way_and_stored_ones_lie_in_one_volume():
    """From one to another there are no links: each file would be copied."""
    mounts = COMPOSE["services"]["chatsite"]["volumes"]
    assert {mount.split(":")[1] for mount in mounts} == {"/data", "/data/static"}


def test_every_service_that_is_waited_for_can_say_that_it_is_well():
    services = COMPOSE["services"]
    waited_for = {name for service in services.values() for name in service.get("depends_on", ())}
    says_so = {name for name, service in services.items() if "healthcheck" in service or "build" in service}
    assert waited_for <= says_so


def test_the_image_takes_every_part_of_the_site_and_no_secret():
    taken = {line.lstrip("!") for line in IGNORE if line.startswith("!")}
    parts = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert parts | {"static", "templates", "requirements.txt"} <= taken
    assert IGNORE[0] == "*"
    assert not {".env", "data", ".git"} & taken
