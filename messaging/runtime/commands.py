"""Handlers for the live protocol's commands, and where each of them runs."""

from typing import TYPE_CHECKING, Any

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Scope, User
from live.db_threads import in_thread
from live.envelope import encoded
from live.publish import publish_now
from live.topics import preview_topic, previewed_room_of, room_topic, user_topic
from messaging.errors import Closing, RateLimited
from messaging.history import events
from messaging.history.people import people_about
from messaging.history.redaction import redact_event
from messaging.history.room_events import missed_events
from messaging.notifications.shown import ShownReport
from messaging.posting import actions
from messaging.posting.batch import Draft, Result, StoredPost
from messaging.posting.drafts import DraftChange
from messaging.posting.link_previews import remove_preview
from messaging.posting.mentions import read_mentions
from messaging.posting.reactions import ReactionChange, require_emoji
from messaging.rendering import Rendered
from messaging.runtime import protocol
from messaging.runtime.handlers import Handler, Reply, Runs
from messaging.runtime.room_changes import changes_of_rooms
from messaging.runtime.slash_commands import run_slash_command
from messaging.threads.actions import mark_thread_read
from rooms.errors import Forbidden, NotFound, Refusal
from rooms.models import Membership, Room
from rooms.permissions import NO_ROOM, find_room
from rooms.read_markers import ReadMarker, UnreadMarker
from rooms.scopes import Scopes, require_scope
from rooms.serializers import serialize_person

if TYPE_CHECKING:
    from messaging.runtime.engine import Engine
    from messaging.runtime.session import ClientSession


def execute(user: User, command: protocol.AnyCommand, address: str = "", scopes: Scopes = None) -> Reply:
    """Run a READING or WRITING command in the calling thread. Raises Refusal.

    `user` was loaded when the socket opened, so it is reloaded. `address` is recorded in the audit log. `scopes` are
    those of the token, if there is one.
    """
    with translation.override(user.preferred_language):
        current = User.objects.filter(pk=user.pk, is_active=True).first()
        if current is None:
            raise Forbidden(_("Your account is suspended."))
        handler = HANDLERS[type(command)]
        require_scope(scopes, handler.scope)
        if scopes is not None and handler.moderates is not None and handler.moderates(current, command):
            require_scope(scopes, Scope.MODERATE)
        with audit.origin(address=address, actor=lambda: current):
            return handler.function(current, command)


# -- on the loop --------------------------------------------------------------------------------------


def post_message(session: "ClientSession", command: protocol.PostMessage) -> None:
    """Submit the draft to the writer, whose acknowledgement is the reply. Later frames don't wait for it."""

    def acknowledge(result: Result) -> None:
        if isinstance(result, Refusal):
            session.refuse(command.ref, result)
            return
        if not result.is_repeat:
            session.engine.presence.record_message(session.connection_id)
        session.socket.push(reply_to_post(command.ref, result, session.socket.blocked_ids))

    session.engine.writer.submit(draft_of(session.user, command), acknowledge)


def draft_of(user: User, command: protocol.PostMessage) -> Draft:
    attachments = tuple(command.attachments)
    return Draft(user.pk, command.room, command.client_id, command.body, command.reply_to, attachments)


def reply_to_post(ref: str, post: StoredPost, blocked: frozenset[int]) -> str:
    """Return the `ok` event for a post. `blocked`: ids of the users whom its author blocks."""
    text = f'{{"type":"ok","ref":{encoded(ref)},"message":{post.own_json}{_outsiders(post)}}}'
    if blocked and (about := blocked.intersection(people_about(post.message))):
        return redact_event(text, about)
    return text


def _outsiders(post: StoredPost) -> str:
    """Return the field of the reply with the people who were mentioned and aren't in the room, if there are any."""
    return f',"outsiders":{encoded([serialize_person(each) for each in post.outsiders])}' if post.outsiders else ""


def preview_message(session: "ClientSession", command: protocol.PreviewMessage) -> None:
    """Have the body rendered. Later frames don't wait for it."""

    def respond(rendered: Rendered | Refusal) -> None:
        if isinstance(rendered, Refusal):
            session.refuse(command.ref, rendered)
        else:
            session.socket.push(encoded({"type": "ok", "ref": command.ref, "html": rendered.html}))

    session.engine.previews.submit(session.user.pk, command.body, respond)


async def read_room(session: "ClientSession", command: protocol.ReadRoom) -> Reply:
    marked_at: Any = "" if command.marked_unread_at is msgspec.UNSET else command.marked_unread_at
    follows_own = command.room in session.marked_unread
    marker = ReadMarker(session.user.pk, command.room, command.seq, command.known, marked_at, follows_own)
    return Reply({"last_read_seq": await session.engine.read_markers.submit(marker)})


async def set_draft(session: "ClientSession", command: protocol.SetDraft) -> Reply:
    """Reply with the draft that is now stored, which is another one if another device has changed it."""
    change = DraftChange(session.user.pk, command.room, command.body, command.reply_to, command.known)
    return Reply({"draft": await session.engine.drafts.submit(change)})


async def add_reaction(session: "ClientSession", command: protocol.AddReaction) -> Reply:
    return await _change_reaction(session, command, is_added=True)


async def remove_reaction(session: "ClientSession", command: protocol.RemoveReaction) -> Reply:
    return await _change_reaction(session, command, is_added=False)


async def _change_reaction(
    session: "ClientSession", command: protocol.AddReaction | protocol.RemoveReaction, *, is_added: bool
) -> Reply:
    if session.engine.is_closing:
        raise Closing
    change = ReactionChange(session.user.pk, command.message, require_emoji(command.emoji), is_added)
    if wait := session.engine.reaction_limits.take(session.user.pk):
        raise RateLimited(retry_after=wait)
    await session.engine.reactions.submit(change)
    return Reply()


async def mark_unread(session: "ClientSession", command: protocol.MarkUnread) -> Reply:
    position = await session.engine.read_markers.submit(UnreadMarker(session.user.pk, command.room, command.seq))
    session.marked_unread.add(command.room)
    return Reply({"last_read_seq": position})


async def view_room(session: "ClientSession", command: protocol.ViewRoom) -> None:
    """Record which of the user's rooms the page shows. For a preview, subscribe the page to the loss of access."""
    room_id, topics = command.room, session.socket.topics
    for topic in [topic for topic in topics if previewed_room_of(topic) is not None]:
        session.engine.hub.unsubscribe(topic, session.socket)
    if room_id is not None and room_topic(room_id) not in topics:
        await _preview(session, room_id)
        room_id = None
    session.engine.presence.set_room(session.connection_id, room_id)


async def _preview(session: "ClientSession", room_id: int) -> None:
    hub, topic = session.engine.hub, preview_topic(room_id)
    hub.subscribe(topic, session.socket)  # before the check, so that no change is missed
    try:
        await in_thread(find_room, session.user, room_id)
    except BaseException:
        hub.unsubscribe(topic, session.socket)
        raise


def type_in_room(session: "ClientSession", command: protocol.TypeInRoom) -> None:
    """Notify the room that the user is typing. Their name is sent, as most pages don't know users who haven't posted.

    Nothing is sent for invisible users, or if a notice was sent within the last TYPING_SECONDS.
    """
    topic = _require_subscribed(session, command.room)
    if session.socket.allow_typing(topic):
        announce_typing(session.engine, session.user, command.room)


def announce_typing(engine: "Engine", user: User, room_id: int) -> None:
    if not engine.presence.is_invisible(user.pk):
        event = {"type": "room.typing", "room": room_id, "user": user.pk, "person": serialize_person(user)}
        publish_now(room_topic(room_id), event, about=(user.pk,))


def announce_answer(user_id: int, answer: dict[str, Any]) -> None:
    """Show the answer of a slash command to the person who ran it. It isn't stored."""
    publish_now(user_topic(user_id), {"type": "command.answer", **answer})


def withdraw_answers(user_id: int, run: dict[str, Any]) -> None:
    """Remove the answers of a slash command's run that only the person who ran it sees."""
    publish_now(user_topic(user_id), {"type": "command.withdrawn", **run})


def set_idle(session: "ClientSession", command: protocol.SetIdle) -> Reply:
    session.engine.presence.set_idle(session.connection_id, command.idle)
    return Reply()


async def report_shown(session: "ClientSession", command: protocol.ReportShown) -> Reply:
    report = ShownReport(session.user.pk, command.message, command.shown)
    await session.engine.shown_notifications.submit(report)
    return Reply()


def ping(session: "ClientSession", command: protocol.Ping) -> Reply:
    return Reply()


def _require_subscribed(session: "ClientSession", room_id: int) -> str:
    topic = room_topic(room_id)
    if topic not in session.socket.topics:
        raise NotFound(NO_ROOM)
    return topic


# -- in a thread --------------------------------------------------------------------------------------


def edit_message(user: User, command: protocol.EditMessage) -> Reply:
    message = actions.edit_message(
        actor=user, message_id=command.message, body=command.body, based_on=command.edited_at
    )
    [event] = events.serialize_for(user, message)
    return Reply({"message": event})


def delete_message(user: User, command: protocol.DeleteMessage) -> Reply:
    actions.delete_message(actor=user, message_id=command.message)
    return Reply()


def _is_of_another(user: User, command: protocol.DeleteMessage | protocol.RemoveLinkPreview) -> bool:
    return not user.messages.filter(pk=command.message).exists()


def pin_message(user: User, command: protocol.PinMessage) -> Reply:
    actions.pin_message(actor=user, message_id=command.message)
    return Reply()


def unpin_message(user: User, command: protocol.UnpinMessage) -> Reply:
    actions.unpin_message(actor=user, message_id=command.message)
    return Reply()


def remove_link_preview(user: User, command: protocol.RemoveLinkPreview) -> Reply:
    remove_preview(actor=user, message_id=command.message, preview_id=command.preview)
    return Reply()


def read_thread(user: User, command: protocol.ReadThread) -> Reply:
    mark_thread_read(user=user, thread_id=command.thread, seq=command.seq)
    return Reply()


def mark_mentions_read(user: User, command: protocol.ReadMentions) -> Reply:
    read_mentions(user=user, room_id=command.room, seqs=command.seqs)
    return Reply()


def sync(user: User, command: protocol.Sync) -> Reply:
    """Reply with an event for each room, and then with one for each room whose room events the client asks for."""
    named = {*command.rooms, *command.events}
    columns = Room.objects.visible_to(user).filter(pk__in=named).values_list("pk", "version", "last_event")
    rooms = {pk: (version, last_event) for pk, version, last_event in columns}
    floors = dict(Membership.objects.filter(user=user, room_id__in=named).values_list("room_id", "cleared_seq"))
    versions = {pk: version for pk, (version, _last_event) in rooms.items()}
    texts = changes_of_rooms(user, command.rooms, versions, floors)
    for room_id in command.events.keys() & rooms.keys():
        first, (_version, last_event) = command.events[room_id], rooms[room_id]
        missed = missed_events(room_id, first, last_event, viewer=user, floor=floors.get(room_id, 0))
        texts.append(encoded(missed))
    return Reply(events=texts)


HANDLERS: dict[type[protocol.Command], Handler] = {
    protocol.PostMessage: Handler(post_message, Runs.ON_LOOP, Scope.WRITE),
    protocol.RunCommand: Handler(run_slash_command, Runs.ON_LOOP, Scope.WRITE),
    protocol.EditMessage: Handler(edit_message, Runs.WRITING, Scope.WRITE),
    protocol.PreviewMessage: Handler(preview_message, Runs.ON_LOOP, Scope.WRITE),
    protocol.DeleteMessage: Handler(delete_message, Runs.WRITING, Scope.WRITE, moderates=_is_of_another),
    protocol.PinMessage: Handler(pin_message, Runs.WRITING, Scope.MODERATE),
    protocol.UnpinMessage: Handler(unpin_message, Runs.WRITING, Scope.MODERATE),
    protocol.RemoveLinkPreview: Handler(remove_link_preview, Runs.WRITING, Scope.WRITE, moderates=_is_of_another),
    protocol.SetDraft: Handler(set_draft, Runs.AWAITED, Scope.WRITE),
    protocol.AddReaction: Handler(add_reaction, Runs.AWAITED, Scope.WRITE),
    protocol.RemoveReaction: Handler(remove_reaction, Runs.AWAITED, Scope.WRITE),
    protocol.ReadRoom: Handler(read_room, Runs.AWAITED, Scope.READ),
    protocol.MarkUnread: Handler(mark_unread, Runs.AWAITED, Scope.READ),
    protocol.ReadThread: Handler(read_thread, Runs.WRITING, Scope.READ),
    protocol.ReadMentions: Handler(mark_mentions_read, Runs.WRITING, Scope.READ),
    protocol.TypeInRoom: Handler(type_in_room, Runs.ON_LOOP, Scope.WRITE),
    protocol.ViewRoom: Handler(view_room, Runs.AWAITED, Scope.READ),
    protocol.SetIdle: Handler(set_idle, Runs.ON_LOOP, Scope.READ),
    protocol.ReportShown: Handler(report_shown, Runs.AWAITED, Scope.READ, is_activity=False),
    protocol.Sync: Handler(sync, Runs.READING, Scope.READ, is_activity=False),
    protocol.Ping: Handler(ping, Runs.ON_LOOP, None, is_activity=False),
}
