"""`check_media`, with a folder and with an S3-compatible store."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from chatsite.conf.storages import storage_from_url
from messaging.attachments import consistency
from messaging.models import DiscardedFile
from tests.factories import make_attachment

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["folder", "store"], autouse=True)
def storage(request, settings, tmp_path, monkeypatch):
    if request.param == "store":
        url = request.getfixturevalue("s3_store").media_url
        settings.STORAGES = settings.STORAGES | {"default": storage_from_url(url)}
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(consistency, "FRESH_SECONDS", -60)
    call_command("check_media", delete=True)  # files of other tests in the store
    return storages["default"]


@pytest.fixture
def check(capsys):
    def run(**options) -> str:
        capsys.readouterr()
        try:
            call_command("check_media", **options)
        except CommandError as error:
            assert error.returncode == 1
            return f"{capsys.readouterr().out}{error}"
        return capsys.readouterr().out

    return run


def test_database_and_storage_agree(check, room, ana):
    make_attachment(room, ana, renditions="thumbnail text")
    make_attachment(room, ana, ready_at=None)
    ana.avatar.save("me.webp", ContentFile(b"RIFF"))
    assert check() == "Database and storage agree.\n"


def test_missing_files_are_reported_with_their_row(check, room, ana, storage):
    attachment = make_attachment(room, ana, name="secret plans.txt", renditions="text display")
    ana.avatar.save("me.webp", ContentFile(b"RIFF"))
    storage.delete(f"{attachment.key}.display")
    storage.delete(ana.avatar.name)
    for output in (check(), check(delete=True)):
        assert f"missing  {attachment.key}.display  of attachment {attachment.pk}" in output
        assert f"missing  {ana.avatar.name}  of the avatar of user {ana.pk}" in output
        assert "2 missing, 0 unknown." in output
        assert "plans" not in output


def test_unknown_files_are_reported_and_deleted_on_request(check, storage, room, ana):
    kept = make_attachment(room, ana)
    storage.save("attachments/aa/unknown", ContentFile(b"x" * 3400))
    storage.save("others/unknown", ContentFile(b"x"))
    output = check()
    assert "unknown  attachments/aa/unknown  3.4 kB" in output
    assert "0 missing, 1 unknown." in output
    assert storage.exists("attachments/aa/unknown")
    assert "deleted  attachments/aa/unknown  3.4 kB" in check(delete=True)
    assert check() == "Database and storage agree.\n"
    assert not storage.exists("attachments/aa/unknown")
    assert storage.exists(kept.key)
    assert storage.exists("others/unknown")


def test_fresh_and_discarded_files_are_not_reported(check, storage, monkeypatch):
    storage.save("attachments/aa/discarded", ContentFile(b"x"))
    DiscardedFile.objects.create(name="attachments/aa/discarded")
    assert check() == "Database and storage agree.\n"
    monkeypatch.setattr(consistency, "FRESH_SECONDS", 3600)
    storage.save("attachments/aa/fresh", ContentFile(b"x"))
    assert check(delete=True) == "Database and storage agree.\n"
    assert storage.exists("attachments/aa/fresh")
