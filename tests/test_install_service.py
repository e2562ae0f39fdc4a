"""bin/install-service: files below another root, which the system's own programs accept."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.checkout import ROOT
from tests.requirements_present import program
from tests.services import answers, free_port, running

NGINX_CONF = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen {port} default_server; server_name _; return 200 "Welcome to nginx!"; }}  # as on Debian
    include {folder}/etc/nginx/conf.d/*.conf;
}}
"""


@pytest.fixture
def top(tmp_path) -> Path:
    """The root of a system with nginx."""
    (tmp_path / "etc/nginx").mkdir(parents=True)
    return tmp_path


def install(top: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "bin/install-service", "--root", top, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180)


def installed(top: Path, url: str = "https://chat.example.org") -> Path:
    result = install(top, "--url", url)
    assert result.returncode == 0, result.stderr
    return top


def env_file(top: Path) -> Path:
    return top / str(ROOT).lstrip("/") / ".env"


def test_missing_url_is_an_error(top):
    result = install(top)
    assert result.returncode == 1
    assert "--url https://chat.example.org" in result.stderr
    assert not (top / "etc/systemd").exists()


def test_invalid_setting_is_a_one_line_error(top):
    result = install(top, "--url", "chat.example.org/chat")
    assert result.returncode == 1
    assert "SITE_URL='chat.example.org/chat'" in result.stderr.splitlines()[-1]
    assert not (top / "etc/systemd").exists()


def test_settings_folders_and_account_belong_together(top):
    installed(top)
    settings = dict(line.split("=") for line in env_file(top).read_text().splitlines() if "=" in line)
    assert settings["SITE_URL"] == "https://chat.example.org"
    assert settings["DATA_DIR"] == "/var/lib/chatsite"
    assert stat.S_IMODE(env_file(top).stat().st_mode) == 0o640
    modes = {"var/lib/chatsite": 0o711, "var/log/chatsite": 0o750, "var/backups/chatsite": 0o700}
    assert {name: stat.S_IMODE((top / name).stat().st_mode) for name in modes} == modes
    if os.geteuid() == 0:
        assert re.search("^chatsite:.*:/usr/sbin/nologin$", (top / "etc/passwd").read_text(), re.MULTILINE)


def test_files_changed_by_the_operator_are_kept(top):
    data = top / "srv/chat"
    site = installed(top) / "etc/nginx/conf.d/chatsite.conf"
    site.write_text("# with a certificate\n")
    env_file(top).write_text(f"SITE_URL=https://other.example.org\nDATA_DIR={data}\n")
    assert install(top).returncode == 0
    assert site.read_text() == "# with a certificate\n"
    assert "other.example.org" in env_file(top).read_text()
    assert f"ReadWritePaths={data}\n" in (top / "etc/systemd/system/chatsite.service").read_text()


def test_systemd_accepts_the_unit(top):
    unit = installed(top) / "etc/systemd/system/chatsite.service"
    assert f"WorkingDirectory={ROOT}\n" in unit.read_text()
    assert "Environment" not in unit.read_text()  # settings are in the file that manage.py reads
    if shutil.which("systemd-analyze"):
        result = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
        assert "chatsite.service:" not in result.stderr


def test_site_takes_precedence_over_the_default_site_of_nginx(top):
    port = free_port()
    installed(top, f"http://chat.example.org:{port}")
    user = "user root;" if os.geteuid() == 0 else ""
    (top / "nginx.conf").write_text(NGINX_CONF.format(folder=top, port=port, user=user))
    command = [program("nginx"), "-p", str(top), "-e", str(top / "error.log"), "-c", str(top / "nginx.conf")]
    subprocess.run([*command, "-t", "-q"], check=True)
    with running(command, lambda: answers(port)):
        url = f"http://127.0.0.1:{port}/"
        assert "Welcome" in httpx.get(url).text
        answer = httpx.get(url, headers={"Host": f"chat.example.org:{port}"})
    assert answer.status_code == 502  # nginx passes the request to the server, which isn't running
