"""compose.yaml and the Dockerfile refer to existing settings and files."""

import re

import yaml

from tests.checkout import EXAMPLE_SETTINGS, PACKAGES, ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
IGNORE = (ROOT / ".dockerignore").read_text().split()


def test_compose_and_the_image_set_or_pass_on_every_setting():
    explained = EXAMPLE_SETTINGS.keys()
    of_image = set(re.findall(r"\b([A-Z_]+)=", (ROOT / "Dockerfile").read_text().partition("ENV PATH")[2]))
    passed_on = COMPOSE["services"]["chatsite"]["environment"].keys()
    assert passed_on <= explained
    assert explained - passed_on == of_image & explained == {"DATA_DIR", "HOST", "PORT"}


def test_nginx_resolves_the_address_of_a_container_again():
    version = COMPOSE["services"]["nginx"]["image"].partition(":")[2]
    assert tuple(map(int, version.split("."))) >= (1, 28)  # older versions reject `resolve`
    upstream = (ROOT / "docs/nginx/compose-upstream.conf").read_text()
    assert "server chatsite:8000 resolve;" in upstream
    assert re.search(r"^ +zone ", upstream, re.MULTILINE)
    assert re.search(r"^ +resolver 127\.0\.0\.11", upstream, re.MULTILINE)


def test_files_mounted_by_compose_exist():
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", ())]
    sources = [mount.split(":")[0] for mount in mounts]
    assert all((ROOT / source).is_file() for source in sources if source.startswith("."))
    assert {source for source in sources if not source.startswith(".")} == COMPOSE["volumes"].keys()


def test_uploads_and_media_share_a_volume():
    """Files are moved with links, which do not work between volumes."""
    mounts = COMPOSE["services"]["chatsite"]["volumes"]
    assert {mount.split(":")[1] for mount in mounts} == {"/data", "/data/static"}


def test_services_that_others_depend_on_have_a_health_check():
    services = COMPOSE["services"]
    required = {name for service in services.values() for name in service.get("depends_on", ())}
    checked = {name for name, service in services.items() if "healthcheck" in service or "build" in service}
    assert required <= checked


def test_the_image_contains_every_app_and_no_secret():
    included = {line.lstrip("!") for line in IGNORE if line.startswith("!")}
    assert PACKAGES | {"static", "templates", "requirements.txt"} <= included
    assert IGNORE[0] == "*"
    assert not {".env", "data", ".git"} & included
