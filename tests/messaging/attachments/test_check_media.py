"""`check_media`: what is stored and what the database knows, compared both ways, wherever it is stored."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from chatsite.conf.storages import storage_from_url
from messaging.attachments import consistency
from messaging.models import DiscardedFile
from tests.factories import make_attachment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["folder", "store"], autouse=True)
def storage(request, settings, tmp_path, monkeypatch):
    if request.param == "store":
        url = request.getfixturevalue("elsewhere").media_url
        settings.STORAGES = settings.STORAGES | {"default": storage_from_url(url)}
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(consistency, "FRESH_SECONDS", -60)
    call_command("check_media", delete=True)  # what other tests left in the store
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


def test_where_all_is_well_it_says_so(check, room, ana):
    make_attachment(room, ana, renditions="thumbnail text")
    make_attachment(room, ana, ready_at=None)
    ana.avatar.save("me.webp", ContentFile(b"RIFF"))
    assert check() == "Database and storage agree.\n"


def test_what_a_row_names_and_nobody_has_is_told_with_its_row(check, room, ana, storage):
    attachment = make_attachment(room, ana, name="secret plans.txt", renditions="text display")
    ana.avatar.save("me.webp", ContentFile(b"RIFF"))
    storage.delete(f"{attachment.key}.display")
    storage.delete(ana.avatar.name)
    for said in (check(), check(delete=True)):
        assert f"missing  {attachment.key}.display  of attachment {attachment.pk}" in said
        assert f"missing  {ana.avatar.name}  of the avatar of user {ana.pk}" in said
        assert "2 missing, 0 unknown." in said
        assert "plans" not in said


def test_what_nobody_knows_is_told_and_deleted_when_asked(check, storage, room, ana):
    kept = make_attachment(room, ana)
    storage.save("attachments/aa/unknown", ContentFile(b"x" * 3400))
    storage.save("others/unknown", ContentFile(b"x"))
    said = check()
    assert "unknown  attachments/aa/unknown  4 KB" in said
    assert "0 missing, 1 unknown." in said
    assert storage.exists("attachments/aa/unknown")
    assert "deleted  attachments/aa/unknown  4 KB" in check(delete=True)
    assert check() == "Database and storage agree.\n"
    assert not storage.exists("attachments/aa/unknown")
    assert storage.exists(kept.key)
    assert storage.exists("others/unknown")


def test_what_is_on_its_way_or_to_be_deleted_is_nobodys_fault(check, storage, monkeypatch):
    storage.save("attachments/aa/discarded", ContentFile(b"x"))
    DiscardedFile.objects.create(name="attachments/aa/discarded")
    assert check() == "Database and storage agree.\n"
    monkeypatch.setattr(consistency, "FRESH_SECONDS", 3600)
    storage.save("attachments/aa/fresh", ContentFile(b"x"))
    assert check(delete=True) == "Database and storage agree.\n"
    assert storage.exists("attachments/aa/fresh")
