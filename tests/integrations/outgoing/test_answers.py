"""Answers of other servers: texts in HTML, and files."""

from io import BytesIO

import pytest
from django.db.models import Sum
from PIL import Image

from accounts.bots.actions import bots_of
from integrations.models import OutgoingDelivery
from integrations.outgoing.actions import send_again
from integrations.outgoing.answers import MAX_TEXT, InvalidAnswer, answer_in
from integrations.outgoing.delivery import MAX_FILE
from integrations.outgoing.html_text import text_of
from messaging.models import Attachment, Message
from outbound.client import Response
from tests.factories import post
from tests.integrations.outgoing.test_webhook_delivery import finish
from tests.push_service import status


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>a &amp; b</p><script>x</script><p>c</p>", "a & b\nc"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>p {}</style><HEAD><title>t</title></HEAD>x", "x"),
        ("<script>if (1 < 2) </p> x</script >y", "y"),
        ("1 < 2 and <b>3</b> &lt;4", "1 < 2 and 3 <4"),
        ("a<p>b</p><p></p><p></p><p></p><p>c</p>", "ab\n\nc"),
        ("<script>never closed", ""),
        ("< <p", "< <p"),
    ],
    ids=["blocks", "breaks", "hidden", "markup in a script", "comparison", "empty blocks", "unclosed", "fragments"],
)
def test_html_becomes_text(source, text):
    assert text_of(source).strip() == text


@pytest.mark.parametrize(
    ("piece", "text"),
    [("<", "<"), ("<br ", "<br "), ("</p ", "</p "), ("&lt", "<"), ("<script>", "")],
    ids=["brackets", "breaks", "ends", "entities", "scripts"],
)
def test_unclosed_markup_of_any_length_is_text(piece, text):
    """A search for the end of each tag would read the rest every time: 64 KB of these took two seconds."""
    count = MAX_TEXT // len(piece)
    assert text_of(piece * count) == (text * count).strip()


def test_types_without_text_are_files():
    response = Response(200, {"content-type": "application/pdf"}, b"%PDF-", True)
    answer = answer_in(response, "campfire")
    assert (answer.text, answer.file) == ("", ("answer.pdf", "application/pdf", b"%PDF-"))
    named = Response(200, {**response.headers, "content-disposition": 'attachment; filename="../a\u202e.pdf"'}, b"x")
    assert answer_in(named, "campfire").file.name == "a.pdf"
    assert answer_in(response, "chatsite") == ("", ("", ""), None)
    with pytest.raises(InvalidAnswer, match="too large"):
        answer_in(response._replace(is_complete=False), "campfire")


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (40, 20), "green").save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def _folders(settings, tmp_path):
    settings.MEDIA_ROOT, settings.UPLOAD_ROOT = tmp_path / "media", tmp_path / "uploads"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_folders")
class TestFiles:
    def ask(self, make_webhook, receiver, room, ana, content: bytes, kind: str) -> OutgoingDelivery:
        receiver.reply = status(200, content, Content_Type=kind)
        make_webhook(dialect="campfire")
        post(room, ana, "a chart")
        finish()
        return OutgoingDelivery.objects.get()

    def test_a_file_is_posted_once(self, running, make_webhook, receiver, room, ana):
        delivery = self.ask(make_webhook, receiver, room, ana, picture(), "image/png")
        send_again(actor=ana, delivery=delivery)
        finish()
        answer = Message.objects.get(room=room, sender__in=bots_of(ana))
        [file] = Attachment.objects.all()
        assert (answer.body, file.message_id, file.name, file.type) == ("", answer.pk, "answer.png", "image/png")
        assert (file.width, file.height) == (40, 20)
        assert len(receiver.received) == 2

    def test_a_forbidden_type_is_refused(self, running, make_webhook, receiver, room, ana, settings):
        settings.CHAT_FILE_TYPES_DENIED = ["image/png"]
        delivery = self.ask(make_webhook, receiver, room, ana, picture(), "application/octet-stream")
        assert "file type" in delivery.reason
        assert (Attachment.objects.count(), Message.objects.count()) == (0, 1)

    def test_a_file_beyond_the_quota_is_refused(self, running, make_webhook, receiver, room, ana, settings):
        settings.CHAT_QUOTA = 100
        delivery = self.ask(make_webhook, receiver, room, ana, b"x" * 101, "application/zip")
        assert "the answer was refused" in delivery.reason
        assert Attachment.objects.aggregate(size=Sum("size"))["size"] is None

    def test_a_file_that_is_too_large_is_not_read(self, running, make_webhook, receiver, room, ana):
        delivery = self.ask(make_webhook, receiver, room, ana, b"x" * (MAX_FILE + 1), "application/zip")
        assert "too large" in delivery.reason
        assert Message.objects.count() == 1
