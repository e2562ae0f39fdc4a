"""axe-core finds nothing serious on any page, in light and dark, on desktops and phones."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.actions import create_invitation
from accounts.groups import add_to_group, create_group
from accounts.models import Connection, ServerProcess, User, UserGroup
from integrations.incoming.actions import create_webhook
from integrations.models import IncomingWebhook, OutgoingDelivery, OutgoingWebhook, SlashCommand, WebhookDelivery
from integrations.outgoing.actions import create_webhook as create_outgoing_webhook
from integrations.slash_commands.actions import create_command
from messaging.models import Message, Report, ScheduledMessage
from messaging.moderation.reports import report_message
from messaging.posting.actions import edit_message
from messaging.posting.reactions import ReactionChange, change_reactions
from rooms.actions import archive_room
from rooms.conversations import open_conversation
from rooms.models import Room
from rooms.moderation import ban_member
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.factories import make_bot, make_member, make_room, make_token, make_user
from tests.pages import FOR_MEMBERS, SIGNED_OUT

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
RUN = """async () => {
  // When the theme changes, colors are on their way for some frames: a child starts when its parent is there.
  for (let still = 0, frame = 0; still < 5 && frame < 300; frame += 1) {
    await new Promise(requestAnimationFrame);
    still = document.getAnimations().length ? 0 : still + 1;
  }
  const hasTargetSizes = location.pathname.startsWith("/admin/") || document.body.matches(".is-chat");
  const rules = { "target-size": { enabled: hasTargetSizes } };
  const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false, rules });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) => [impact, id, target.join(" "), failureSummary]));
}"""
OWN_STYLES = r"inline style .* \(:\d+\)$|breach: style-src"  # axe tries to add some; a script of no address does it
BRIEFLY = ((DESKTOP, "light"), (PHONE, "dark"))
WHOLLY = (*BRIEFLY, (DESKTOP, "dark"), (PHONE, "light"))

TEXTS = [
    "Good **morning**, [a link](https://example.org) and `code`",
    "```python\ndef greet(name: str) -> None:\n    # says hello\n    print(f'Hello {name}', 42)\n```",
    "> quoted\n\n- one\n- two\n\n1. first\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "~~struck~~ *stressed*\n\n---\n\n# Heading",
]


ON_DESKTOP = ((DESKTOP, "light"), (DESKTOP, "dark"))
ON_PHONE = ((PHONE, "light"), (PHONE, "dark"))


class Inspector:
    """Runs axe on a session's pages and collects its findings."""

    def __init__(self, visitor: BrowserSession) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.findings: list[str] = []
        visitor.context.add_init_script(AXE)

    def check(self, name: str, views: tuple = BRIEFLY) -> None:
        for size, theme in views:
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=theme)
            faults = self.visitor.watch.faults
            found = self.page.evaluate(RUN)
            self.visitor.watch.found = faults + [
                fault for fault in self.visitor.watch.faults[len(faults) :] if not re.search(OWN_STYLES, fault)
            ]
            self.findings += [f"{name}, {theme}, {size['width']}: {' '.join(each)}" for each in found]
        self.page.set_viewport_size(views[0][0])


@pytest.fixture
def room(register, everyone) -> Room:
    ana, mira = register("Ana Ferreira", is_staff=True, is_superuser=True), register("Mira Sol")
    room = make_room("Design", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, *TEXTS)
    messages = post_messages(room, mira, *TEXTS)
    report_message(reporter=ana, message_id=messages[0].pk, reason="It is vile")
    change_reactions([ReactionChange(each.pk, messages[0].pk, "👍", is_added=True) for each in (ana, mira)])
    change_reactions([ReactionChange(ana.pk, messages[0].pk, "🎉", is_added=True)])
    edit_message(actor=mira, message_id=messages[0].pk, body=f"{TEXTS[0]}, edited")
    ban_member(actor=ana, room=room, user=register("Bo Chen"), reason="Shouting")
    webhook = create_webhook(actor=ana, room=room, name="Deployments", description="Of the shop").webhook
    results = [(200, "ok", ""), (400, "invalid_payload", "The body isn’t valid JSON.")]
    for status, word, detail in results:
        WebhookDelivery.objects.create(webhook=webhook, status=status, word=word, detail=detail, source="Slack", size=9)
    group = create_group(actor=ana, name="ops", title="Operations", description="Servers and networks")
    add_to_group(actor=ana, group=group, people=[ana, mira])
    return room


def url_values(room: Room) -> dict[str, object]:
    report = Report.objects.get()
    edited = Message.objects.get(edited_at__isnull=False)
    people = User.objects.order_by("pk")[:3]
    return {
        "room": room.pk,
        "conversation": open_conversation(user=room.created_by, others=people).pk,
        "person": "mira",
        "mira": report.message.sender_id,
        "report": report.pk,
        "message": edited.pk,
        "code": create_invitation(by=room.created_by).code,
        "group": UserGroup.objects.get().pk,
        "webhook": IncomingWebhook.objects.get().pk,
        "scheduled": _scheduled_in(room).client_id,
        "outgoing": _outgoing_in(room).pk,
        "command": _command_in(room).pk,
        **_programs_of(room.created_by),
    }


def _outgoing_in(room: Room) -> OutgoingWebhook:
    """Return an outgoing webhook that fails, with a delivery that waits and one that is done."""
    if (found := OutgoingWebhook.objects.filter(room=room).first()) is not None:
        return found
    webhook, _secret = create_outgoing_webhook(
        actor=room.created_by,
        room=room,
        bot="gardener",
        url=f"https://bot.example.org/{'long/' * 40}",
        trigger="words",
        words="deploy, !status",
        dialect="slack",
        origin="https://chat.example.org",
    )
    now, reason = timezone.now(), "HTTP 503 The server is being restarted"
    OutgoingWebhook.objects.filter(pk=webhook.pk).update(failing_since=now, reason=reason)
    first, second = room.messages.all()[:2]
    fields = {"webhook": webhook, "expires_at": now, "attempts": 3}
    waiting = {"due_at": now + timedelta(days=1), "status": 503, "reason": reason}
    OutgoingDelivery.objects.create(**fields, **waiting, message=first)
    OutgoingDelivery.objects.create(**fields, state="delivered", status=200, message=second)
    return webhook


def _command_in(room: Room) -> SlashCommand:
    """Return a slash command that has failed."""
    if (found := SlashCommand.objects.filter(room=room).first()) is not None:
        return found
    command, _secret = create_command(
        actor=room.created_by,
        room=room,
        name="put-everything-on-the-server",
        description="Put a branch on the server for everyone, after all tests have passed",
        argument_hint="[branch] [--now] [--without-the-tests-that-are-slow]",
        bot="gardener",
        url=f"https://bot.example.org/{'long/' * 40}",
        dialect="slack",
        origin="https://chat.example.org",
    )
    SlashCommand.objects.filter(pk=command.pk).update(failed_at=timezone.now(), reason="HTTP 503 " + "restarting " * 9)
    return command


def _programs_of(owner: User) -> dict[str, int]:
    """Return the ids of a bot and of a token, and create them on first use."""
    bot = owner.bots.first() or make_bot("deploys", owner=owner, display_name="Deploys")
    token = owner.api_tokens.first() or make_token(owner, name="Build server").token
    return {"bot": bot.pk, "token": token.pk}


def _scheduled_in(room: Room) -> ScheduledMessage:
    """Return a scheduled reply that was refused, beside one that is delayed."""
    if (refused := ScheduledMessage.objects.filter(room=room, attempt_at=None).first()) is not None:
        return refused
    fields = {"room": room, "sender": room.created_by, "body": TEXTS[0], "post_at": timezone.now() + timedelta(days=1)}
    ScheduledMessage.objects.create(**fields, attempt_at=fields["post_at"] + timedelta(hours=1))  # delayed
    return ScheduledMessage.objects.create(**fields, reply_to=room.messages.first(), problem="This room is archived.")


@pytest.mark.parametrize("fresh_site", ["uvicorn"], indirect=True)
def test_the_setup_page(fresh_site, visit):
    visitor = visit(fresh_site)
    inspector = Inspector(visitor)
    visitor.page.goto("/setup/")
    inspector.check("set-up")
    visitor.page.locator("main form [type=submit]").click()
    inspector.check("set-up, refused")
    assert inspector.findings == []


def test_pages_of_visitors(uvicorn, visit, room):
    visitor = visit(uvicorn)
    visitor.watch.allow("status of 404|status of 410")
    inspector = Inspector(visitor)
    for address in SIGNED_OUT:
        visitor.page.goto(address.format(**url_values(room)))
        inspector.check(address)
    visitor.page.goto("/accounts/login/")
    visitor.page.locator("[name=login]").fill("nobody")
    visitor.page.locator("[name=password]").fill("nothing")
    visitor.page.locator("main form [type=submit]").click()
    visitor.page.locator(".invalid-feedback, .alert").first.wait_for()
    inspector.check("log in, refused")
    assert inspector.findings == []


def test_pages_of_members(uvicorn, enter, room):
    # A connection to a running server, so that the lists of users online have a row.
    process = ServerProcess.objects.create(host="rack4", pid=1, heartbeat_at=timezone.now() + timedelta(hours=1))
    for user in User.objects.filter(rooms=room):
        Connection.objects.create(process=process, user=user, address="192.0.2.7", port=51_234, room_id=room.pk)
    make_user("deputy", is_superuser=True)  # the last superuser doesn't see the form for deleting an account
    visitor = enter(uvicorn, room.created_by)
    visitor.watch.allow("status of 404")
    inspector = Inspector(visitor)
    for address in FOR_MEMBERS:
        visitor.page.goto(address.format(**url_values(room)))
        inspector.check(address)
    assert inspector.findings == []


def test_the_chat_page(uvicorn, enter, register, room, everyone):
    visitor = enter(uvicorn, room.created_by)
    inspector, page = Inspector(visitor), visitor.page
    visitor.open(room)
    page.locator("room-info dl").wait_for()
    inspector.check("room", WHOLLY)
    body = page.locator(".msg__body", has_text="morning").last
    body.hover()
    page.locator(".tools").wait_for()
    inspector.check("room with tools", ON_DESKTOP)
    page.locator('.tools [data-action="reply"]').click()
    visitor.send("An answer")
    visitor.sees_all_sent()
    visitor.use_tool("An answer", "edit")
    inspector.check("room with a reply and the editor", WHOLLY)
    page.get_by_role("button", name="Cancel").click()
    visitor.use_tool("An answer", "delete")
    inspector.check("confirmation", ON_DESKTOP)
    visitor.confirm("Delete")
    visitor.sees("Message deleted")
    page.get_by_role("button", name="Room menu").click()
    inspector.check("menu and a deleted message")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show formatting").click()
    page.get_by_role("button", name="Formatting help").click()
    inspector.check("formatting", ON_DESKTOP)
    page.keyboard.press("Escape")
    visitor.send("/who")
    page.locator("#online .online__people").wait_for()
    inspector.check("people online", WHOLLY)
    page.keyboard.press("Escape")
    page.get_by_title("Set your status").click()
    inspector.check("status", WHOLLY)
    page.keyboard.press("Escape")

    visitor.open(f"/rooms/{room.pk}/messages/2/")
    inspector.check("link to a message")
    visitor.open(everyone)
    inspector.check("empty room", ON_DESKTOP)
    archive_room(actor=None, room=room)
    visitor.open(room)
    expect(page.get_by_text("This room is archived and read-only.")).to_be_visible()
    inspector.check("archived room", ON_DESKTOP)
    visitor.open(make_room("Garden", owner=register("Noor Haddad")))
    inspector.check("room preview", ON_DESKTOP)
    assert inspector.findings == []


def test_the_chat_pages_sheets_on_a_phone(uvicorn, enter, room):
    visitor = enter(uvicorn, room.created_by, viewport=PHONE).open(room)
    visitor.watch.allow_connection_errors()
    inspector, page = Inspector(visitor), visitor.page
    page.reload()
    visitor.wait_until_live()
    for opener in ("Rooms", "Room details"):
        page.get_by_role("button", name=opener, exact=True).click()
        if opener != "Rooms":
            page.locator("room-info dl").wait_for()
        inspector.check(opener, ON_PHONE)
        page.keyboard.press("Escape")
    visitor.context.set_offline(True)
    visitor.wait_until_offline()
    visitor.send("Not sent yet")
    inspector.check("offline with something unsent", ON_PHONE)
    assert inspector.findings == []
