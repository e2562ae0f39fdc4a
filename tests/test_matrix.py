"""Visibility of a message and its file, in a table for all kinds of users, rooms and requests.

The message is Bo's, and mentions everyone. The blocker blocks Bo, and both are in the room. A direct room is Bo's and the peer's; in a closed
one, the other user blocks him. A group is theirs and the blocker's. `all`: the message is visible. `without`: the response is the same as if Bo had written
nothing. A number is a refusal's status, and a word its code.
"""

import json
import re
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from accounts.groups import add_to_group, create_group
from accounts.models import User
from integrations.encryption import encrypt
from integrations.incoming.actions import create_webhook
from integrations.models import IncomingWebhook, OutgoingDelivery, OutgoingWebhook, SlashCommand
from integrations.outgoing.backlog import find_deliveries
from integrations.outgoing.delivery import compose
from integrations.outgoing.queue import Outcome
from integrations.slash_commands.actions import create_command
from integrations.slash_commands.queries import commands_in
from integrations.slash_commands.runs import begin_run
from messaging.history.followed_threads import find_followed
from messaging.models import Attachment, Message, RoomDraft, SavedMessage, ScheduledMessage, ThreadFollow
from messaging.moderation.reports import report_message
from messaging.posting.actions import clear_history, delete_message, edit_message, pin_message, post_messages
from messaging.posting.drafts import DraftChange, store_drafts
from messaging.posting.reactions import ReactionChange, change_reactions
from messaging.runtime import commands, protocol
from messaging.runtime.welcome import make_welcomes
from messaging.saved.actions import save_message
from messaging.saved.reminders import set_reminder
from messaging.scheduled.actions import schedule_message, send_now
from messaging.threads.actions import follow_thread
from messaging.uploads.actions import begin_upload, set_alt_text
from messaging.uploads.copies import begin_copy
from rooms.actions import leave_room
from rooms.blocking import block_person
from rooms.conversations import open_conversation
from rooms.errors import Refusal
from rooms.models import Membership, Room
from rooms.moderation import ban_member
from rooms.permissions import find_room
from rooms.read_markers import ReadMarker, move_markers
from rooms.serializers import serialize_rooms_for
from tests.factories import make_attachment, make_draft, make_link, make_member, make_room, make_user, post
from tests.live_client import LiveClient

pytestmark = pytest.mark.django_db

TABLE = """
public room   page     history  conversation  permalink  sync     members  facts    profile  pins     search   versions inbox    mentions  unread   download  read       report     save       saved    reply      edit       delete
owner         all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  ok
moderator     all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  ok
member        all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  forbidden
former        all      all      all           all        all      all      all      all      all      all      all      without  without   without  without   not_found  ok         ok         all      not_found  forbidden  forbidden
banned        404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
blocked       all      all      all           all        all      all      all      own      all      all      all      without  without   without  all       ok         invalid    ok         all      ok         ok         ok
blocker       without  without  without       without    without  without  without  without  without  without  404      without  without   without  without   ok         not_found  not_found  without  not_found  not_found  not_found
stranger      all      all      all           all        all      all      all      all      all      all      all      without  without   without  without   not_found  ok         ok         all      not_found  forbidden  forbidden
staff         all      all      all           all        all      all      all      all      all      all      all      without  without   without  without   not_found  ok         ok         all      not_found  forbidden  ok
anonymous     login    401      401           login      -        401      401      login    401      401      login    login    login     -        login     -          -          -          login    -          -          -

private room  page     history  conversation  permalink  sync     members  facts    profile  pins     search   versions inbox    mentions  unread   download  read       report     save       saved    reply      edit       delete
owner         all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  ok
moderator     all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  ok
member        all      all      all           all        all      all      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  forbidden
former        404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
banned        404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
blocked       all      all      all           all        all      all      all      own      all      all      all      without  without   without  all       ok         invalid    ok         all      ok         ok         ok
blocker       without  without  without       without    without  without  without  without  without  without  404      without  without   without  without   ok         not_found  not_found  without  not_found  not_found  not_found
stranger      404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
staff         404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
anonymous     login    401      401           login      -        401      401      login    401      401      login    login    login     -        login     -          -          -          login    -          -          -

direct room   page     history  conversation  permalink  sync     members  facts    profile  pins     search   versions inbox    mentions  unread   download  read       report     save       saved    reply      edit       delete
peer          all      all      all           all        all      404      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  forbidden
writer        all      all      all           all        all      404      own      own      all      all      all      without  without   without  all       ok         invalid    ok         all      ok         ok         ok
stranger      404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
staff         404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
anonymous     login    401      401           login      -        401      401      login    401      401      login    login    login     -        login     -          -          -          login    -          -          -

group room    page     history  conversation  permalink  sync     members  facts    profile  pins     search   versions inbox    mentions  unread   download  read       report     save       saved    reply      edit       delete
peer          all      all      all           all        all      404      all      all      all      all      all      all      all       all      without   ok         ok         ok         all      ok         forbidden  forbidden
writer        all      all      all           all        all      404      all      own      all      all      all      without  without   without  all       ok         invalid    ok         all      ok         ok         ok
blocker       without  without  without       without    without  404      without  without  without  without  404      without  without   without  without   ok         not_found  not_found  without  not_found  not_found  not_found
stranger      404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
staff         404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
anonymous     login    401      401           login      -        401      401      login    401      401      login    login    login     -        login     -          -          -          login    -          -          -

closed room   page     history  conversation  permalink  sync     members  facts    profile  pins     search   versions inbox    mentions  unread   download  read       report     save       saved    reply      edit       delete
blocker       404      404      404           404        gone     404      404      without  404      without  404      without  without   without  without   not_found  not_found  not_found  without  blocked    not_found  not_found
blocked       all      all      all           all        all      404      own      own      all      all      all      without  without   without  all       ok         invalid    ok         all      blocked    blocked    ok
stranger      404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
staff         404      404      404           404        gone     404      404      all      404      without  404      without  without   without  without   not_found  not_found  not_found  without  not_found  not_found  not_found
anonymous     login    401      401           login      -        401      401      login    401      401      login    login    login     -        login     -          -          -          login    -          -          -

public emoji  reactions  count    react      unreact
owner         all        all      ok         ok
moderator     all        all      ok         ok
member        all        all      ok         ok
former        all        all      not_found  not_found
banned        404        404      not_found  not_found
blocked       all        all      ok         ok
blocker       without    without  not_found  not_found
stranger      all        all      not_found  not_found
staff         all        all      not_found  not_found
anonymous     401        401      -          -

private emoji reactions  count    react      unreact
owner         all        all      ok         ok
moderator     all        all      ok         ok
member        all        all      ok         ok
former        404        404      not_found  not_found
banned        404        404      not_found  not_found
blocked       all        all      ok         ok
blocker       without    without  not_found  not_found
stranger      404        404      not_found  not_found
staff         404        404      not_found  not_found
anonymous     401        401      -          -

direct emoji  reactions  count    react      unreact
peer          all        all      ok         ok
writer        all        all      ok         ok
stranger      404        404      not_found  not_found
staff         404        404      not_found  not_found
anonymous     401        401      -          -

group emoji   reactions  count    react      unreact
peer          all        all      ok         ok
writer        all        all      ok         ok
blocker       without    without  not_found  not_found
stranger      404        404      not_found  not_found
staff         404        404      not_found  not_found
anonymous     401        401      -          -

public files  files    file     thumbnail  preview  about    unposted  upload     alt
owner         all      all      all        all      all      404       ok         not_found
moderator     all      all      all        all      all      404       ok         not_found
member        all      all      all        all      all      404       ok         not_found
former        all      all      all        all      all      404       not_found  not_found
banned        404      404      404        404      404      404       not_found  not_found
blocked       all      all      all        all      all      all       ok         ok
blocker       without  404      404        404      404      404       ok         not_found
stranger      all      all      all        all      all      404       not_found  not_found
staff         all      all      all        all      all      404       not_found  not_found
anonymous     401      login    login      login    401      login     -          -

private files files    file     thumbnail  preview  about    unposted  upload     alt
owner         all      all      all        all      all      404       ok         not_found
moderator     all      all      all        all      all      404       ok         not_found
member        all      all      all        all      all      404       ok         not_found
former        404      404      404        404      404      404       not_found  not_found
banned        404      404      404        404      404      404       not_found  not_found
blocked       all      all      all        all      all      all       ok         ok
blocker       without  404      404        404      404      404       ok         not_found
stranger      404      404      404        404      404      404       not_found  not_found
staff         404      404      404        404      404      404       not_found  not_found
anonymous     401      login    login      login    401      login     -          -

direct files  files    file     thumbnail  preview  about    unposted  upload     alt
peer          all      all      all        all      all      404       ok         not_found
writer        all      all      all        all      all      all       ok         ok
stranger      404      404      404        404      404      404       not_found  not_found
staff         404      404      404        404      404      404       not_found  not_found
anonymous     401      login    login      login    401      login     -          -

group files   files    file     thumbnail  preview  about    unposted  upload     alt
peer          all      all      all        all      all      404       ok         not_found
writer        all      all      all        all      all      all       ok         ok
blocker       without  404      404        404      404      404       ok         not_found
stranger      404      404      404        404      404      404       not_found  not_found
staff         404      404      404        404      404      404       not_found  not_found
anonymous     401      login    login      login    401      login     -          -

closed files  files    file     thumbnail  preview  about    unposted  upload     alt
blocker       404      404      404        404      404      404       not_found  not_found
blocked       all      all      all        all      all      all       blocked    blocked
stranger      404      404      404        404      404      404       not_found  not_found
staff         404      404      404        404      404      404       not_found  not_found
anonymous     401      login    login      login    401      login     -          -

public later  scheduled  change   unsent     send_now
owner         without    404      without    not_found
moderator     without    404      without    not_found
member        without    404      without    not_found
former        without    404      without    not_found
banned        without    404      without    not_found
blocked       all        all      all        ok
blocker       without    404      without    not_found
stranger      without    404      without    not_found
staff         without    404      without    not_found
anonymous     login      login    login      -

private later  scheduled  change   unsent     send_now
owner         without    404      without    not_found
moderator     without    404      without    not_found
member        without    404      without    not_found
former        without    404      without    not_found
banned        without    404      without    not_found
blocked       all        all      all        ok
blocker       without    404      without    not_found
stranger      without    404      without    not_found
staff         without    404      without    not_found
anonymous     login      login    login      -

direct later  scheduled  change   unsent     send_now
peer          without    404      without    not_found
writer        all        all      all        ok
stranger      without    404      without    not_found
staff         without    404      without    not_found
anonymous     login      login    login      -

group later  scheduled  change   unsent     send_now
peer          without    404      without    not_found
writer        all        all      all        ok
blocker       without    404      without    not_found
stranger      without    404      without    not_found
staff         without    404      without    not_found
anonymous     login      login    login      -

public draft  drafts   quote    begin
owner         without  all      ok
moderator     without  all      ok
member        without  all      ok
former        without  without  not_found
banned        without  without  not_found
blocked       all      all      ok
blocker       without  without  ok
stranger      without  without  not_found
staff         without  without  not_found
anonymous     -        -        -

private draft drafts   quote    begin
owner         without  all      ok
moderator     without  all      ok
member        without  all      ok
former        without  without  not_found
banned        without  without  not_found
blocked       all      all      ok
blocker       without  without  ok
stranger      without  without  not_found
staff         without  without  not_found
anonymous     -        -        -

direct draft  drafts   quote    begin
peer          without  all      ok
writer        all      all      ok
stranger      without  without  not_found
staff         without  without  not_found
anonymous     -        -        -

group draft   drafts   quote    begin
peer          without  all      ok
writer        all      all      ok
blocker       without  without  ok
stranger      without  without  not_found
staff         without  without  not_found
anonymous     -        -        -

closed draft  drafts   quote    begin
blocker       without  without  ok
blocked       all      all      ok
stranger      without  without  not_found
staff         without  without  not_found
anonymous     -        -        -

public thread thread   threads  follow
owner         all      all      ok
moderator     all      all      ok
member        all      all      ok
former        all      without  not_found
banned        404      without  not_found
blocked       all      all      ok
blocker       404      without  ok
stranger      all      without  not_found
staff         all      without  not_found
anonymous     login    login    -

private thread thread   threads  follow
owner         all      all      ok
moderator     all      all      ok
member        all      all      ok
former        404      without  not_found
banned        404      without  not_found
blocked       all      all      ok
blocker       404      without  ok
stranger      404      without  not_found
staff         404      without  not_found
anonymous     login    login    -

direct thread thread   threads  follow
peer          all      all      ok
writer        all      all      ok
stranger      404      without  not_found
staff         404      without  not_found
anonymous     login    login    -

group thread  thread   threads  follow
peer          all      all      ok
writer        all      all      ok
blocker       404      without  ok
stranger      404      without  not_found
staff         404      without  not_found
anonymous     login    login    -

closed thread thread   threads  follow
blocker       404      without  not_found
blocked       all      all      ok
stranger      404      without  not_found
staff         404      without  not_found
anonymous     login    login    -

public level   dialog   set_own   set_others
owner          all      ok        unchanged
moderator      all      ok        unchanged
member         all      ok        unchanged
former         /rooms/  404       unchanged
banned         404      404       unchanged
blocked        all      ok        unchanged
blocker        all      ok        unchanged
stranger       /rooms/  404       unchanged
staff          /rooms/  404       unchanged
anonymous      login    401       unchanged

private level  dialog   set_own   set_others
owner          all      ok        unchanged
moderator      all      ok        unchanged
member         all      ok        unchanged
former         404      404       unchanged
banned         404      404       unchanged
blocked        all      ok        unchanged
blocker        all      ok        unchanged
stranger       404      404       unchanged
staff          404      404       unchanged
anonymous      login    401       unchanged

direct level   dialog   set_own   set_others
peer           all      ok        unchanged
writer         all      ok        unchanged
stranger       404      404       unchanged
staff          404      404       unchanged
anonymous      login    401       unchanged

group level    dialog   set_own   set_others
peer           all      ok        unchanged
writer         all      ok        unchanged
blocker        all      ok        unchanged
stranger       404      404       unchanged
staff          404      404       unchanged
anonymous      login    401       unchanged

closed level   dialog   set_own   set_others
blocker        404      404       unchanged
blocked        all      ok        unchanged
stranger       404      404       unchanged
staff          404      404       unchanged
anonymous      login    401       unchanged

public command manage   list       run
owner          all      all        ok
moderator      /rooms/  all        ok
member         /rooms/  all        ok
former         /rooms/  all        not_found
banned         404      not_found  not_found
blocked        /rooms/  all        ok
blocker        /rooms/  all        ok
stranger       /rooms/  all        not_found
staff          all      all        not_found
anonymous      login    -          -

private command manage   list       run
owner          all      all        ok
moderator      /rooms/  all        ok
member         /rooms/  all        ok
former         404      not_found  not_found
banned         404      not_found  not_found
blocked        /rooms/  all        ok
blocker        /rooms/  all        ok
stranger       404      not_found  not_found
staff          404      not_found  not_found
anonymous      login    -          -

direct command manage   list       run
peer           404      all        ok
writer         404      all        ok
stranger       404      not_found  not_found
staff          404      not_found  not_found
anonymous      login    -          -

group command manage   list       run
peer           404      all        ok
writer         404      all        ok
blocker        404      all        ok
stranger       404      not_found  not_found
staff          404      not_found  not_found
anonymous      login    -          -

closed command manage   list       run
blocker        404      not_found  not_found
blocked        404      all        blocked
stranger       404      not_found  not_found
staff          404      not_found  not_found
anonymous      login    -          -

public webhook   hooks    hook     targets  target   to_server  cleared  deleted
owner            all      all      all      all      all        without  without
moderator        /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
member           /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
former           /rooms/  /rooms/  /rooms/  /rooms/  without    without  without
banned           404      404      404      404      without    without  without
blocked          /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
blocker          /rooms/  /rooms/  /rooms/  /rooms/  without    without  without
stranger         /rooms/  /rooms/  /rooms/  /rooms/  without    without  without
staff            all      all      all      all      without    without  without
anonymous        login    login    login    login    -          -        -

private webhook  hooks    hook     targets  target   to_server  cleared  deleted
owner            all      all      all      all      all        without  without
moderator        /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
member           /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
former           404      404      404      404      without    without  without
banned           404      404      404      404      without    without  without
blocked          /rooms/  /rooms/  /rooms/  /rooms/  all        without  without
blocker          /rooms/  /rooms/  /rooms/  /rooms/  without    without  without
stranger         404      404      404      404      without    without  without
staff            404      404      404      404      without    without  without
anonymous        login    login    login    login    -          -        -

direct webhook   hooks    targets
peer             404      404
writer           404      404
stranger         404      404
staff            404      404
anonymous        login    login

group webhook    hooks    targets
peer             404      404
writer           404      404
blocker          404      404
stranger         404      404
staff            404      404
anonymous        login    login

closed webhook   hooks    targets
blocker          404      404
blocked          404      404
stranger         404      404
staff            404      404
anonymous        login    login
"""

LATER = "What Bo will say tomorrow"
EMOJI = "🌻"  # with which Bo reacts to another user’s message
TEXT = "What Bo said in the garden"
FILE = "Bos plan.txt"


def rows() -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for block in TABLE.strip().split("\n\n"):
        head, *lines = block.splitlines()
        kind, _, *ways = head.split()
        for who, *cells in map(str.split, lines):
            asked = {way: cell for way, cell in zip(ways, cells, strict=True) if cell != "-"}
            found.append((kind, who, asked))
    return found


# By kind: the names of the other people in the conversation, and that of Bo.
CONVERSATIONS = {
    "direct": (["peer"], "writer"),
    "closed": (["blocker"], "blocked"),
    "group": (["peer", "blocker"], "writer"),
}


class Scenario:
    """A room with a user of each kind, and Bo's message with a file. Another file of his is not posted.

    by_edit: whether everyone has read the message before an edit mentions them.
    """

    def __init__(self, kind: str, *, in_groups: bool = False, by_edit: bool = False) -> None:
        self.people: dict[str, User | None] = {"anonymous": None, "stranger": make_user("stranger")}
        self.people["staff"] = make_user("staff", is_staff=True, is_superuser=True)
        self.bo = make_user("bo")
        pinner = self._in_conversation(kind) if kind in CONVERSATIONS else self._among_many(kind)
        names = [f"@{user.username}" for user in self.people.values() if user] if not in_groups else ["@them.all"]
        if in_groups:
            group = create_group(actor=self.people["staff"], name="them.all", title="All of them")
            add_to_group(
                actor=self.people["staff"], group=group, people=[each for each in self.people.values() if each]
            )
        text = f"{TEXT} {' '.join(names)}"
        self.message: Message = post(self.room, self.bo, TEXT if by_edit else text)
        self.sent = make_attachment(self.room, self.bo, name=FILE, message=self.message, renditions="thumbnail")
        self.kept = make_attachment(self.room, self.bo, name=FILE)
        self.link = make_link(self.message)
        pin_message(actor=pinner, message_id=self.message.pk)
        if by_edit and kind == "closed":
            self._mention_by_edit(text)
        if "blocker" in self.people:
            block_person(user=self.people["blocker"], other=self.bo)
        if by_edit and kind != "closed":
            self._mention_by_edit(text)
        self.room.refresh_from_db()

    def _mention_by_edit(self, text: str) -> None:
        Membership.objects.filter(room=self.room).update(last_read_seq=self.message.seq)
        edit_message(actor=self.bo, message_id=self.message.pk, body=text)

    def _in_conversation(self, kind: str) -> User:
        names, name_of_bo = CONVERSATIONS[kind]
        others = {name: make_user(name) for name in names}
        self.people |= {**others, name_of_bo: self.bo}
        self.room: Room = open_conversation(user=self.bo, others=[*others.values()])
        return others[names[0]]

    def _among_many(self, kind: str) -> User:
        owner = self.people["owner"] = make_user("owner")
        self.room = make_room("Garden", owner=owner, kind=kind)
        self.people["blocked"] = make_member(self.room, self.bo)
        for name in ("moderator", "member", "former", "banned", "blocker"):
            role = "moderator" if name == "moderator" else "member"
            self.people[name] = make_member(self.room, make_user(name), role=role)
        leave_room(user=self.people["former"], room=self.room)
        ban_member(actor=owner, room=self.room, user=self.people["banned"])
        return owner

    # -- requests ---------------------------------------------------------------------------------

    def ask(self, way: str, user: User | None) -> str:
        return getattr(self, way)(user and User.objects.get(pk=user.pk))

    def page(self, user: User | None) -> str:
        return self._get(user, self.room.get_absolute_url())

    def history(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/messages/", as_program=True)

    def conversation(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/conversation/", as_program=True)

    def permalink(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/messages/{self.message.seq}/")

    def members(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/members/", as_program=True, sign="@bo")

    def facts(self, user: User | None) -> str:
        """A room's details, which show only the other person in a direct room."""
        shown = self._get(user, f"/rooms/{self.room.pk}/info/", as_program=True, sign="<bdi>bo</bdi>")
        return "own" if user == self.bo and shown == "without" else shown

    def profile(self, user: User | None) -> str:
        """Bo's page, which offers a direct message to users who may send him one."""
        shown = self._get(user, "/people/bo/", sign=">Message<")
        return "own" if user == self.bo and shown == "without" else shown

    def pins(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/pins/", as_program=True)

    def search(self, user: User | None) -> str:
        """Bo's words and their beginnings, alone and with each operator that could tell that they exist."""
        queries = ("garden", "gard", '"the garden"', "from:bo", "is:pinned", "*arde*", "-nothing", "said on:today")
        seen = {self._get(user, f"/search/messages/?{urlencode({'q': query})}", as_program=True) for query in queries}
        assert len(seen) == 1
        return seen.pop()

    def versions(self, user: User | None) -> str:
        """The page of the message's versions, which those see who see why they were or weren't notified of it."""
        versions, notification = (
            self._get(user, f"/messages/{self.message.pk}/{page}/") for page in ("history", "notification")
        )
        assert versions == notification
        return versions

    def inbox(self, user: User | None) -> str:
        return self._get(user, "/inbox/")

    def thread(self, user: User | None) -> str:
        """The page of the thread that begins with the message, and its messages for the panel."""
        path = f"/rooms/{self.room.pk}/threads/{self.message.pk}/"
        page = self._get(user, path)
        messages = self._get(user, f"{path}messages/", as_program=True)
        assert (page, messages) == ("login", "401") or page == messages
        return page

    def threads(self, user: User | None) -> str:
        """The page of followed threads, if they followed this one while they saw it, and it has a reply."""
        if user is not None:
            ThreadFollow.objects.get_or_create(user=user, thread=self.message, defaults={"room": self.room})
        assert self.thread_reply
        page = self._get(user, "/threads/")
        assert page == "login" or (page == "all") == bool(find_followed([user.pk])[user.pk]["followed"])
        return page

    @cached_property
    def thread_reply(self) -> Message:
        """Another user's reply to the message, stored directly because no one can post in a closed room."""
        sender = self.people.get("owner") or self.people.get("peer") or self.people["blocker"]
        number = self.room.last_seq + 1
        Room.objects.filter(pk=self.room.pk).update(last_seq=number, version=F("version") + 1)
        fields = {"room": self.room, "seq": number, "version": self.room.version + 1, "client_id": uuid4()}
        return Message.objects.create(**fields, sender=sender, reply_to=self.message, thread=self.message)

    def follow(self, user: User) -> str:
        try:
            follow_thread(user=user, room_id=self.room.pk, thread_id=self.message.pk)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def mentions(self, user: User | None) -> str:
        return self._get(user, "/mentions/")

    def unread(self, user: User) -> str:
        """The count of unread mentions in the user's rooms."""
        return "all" if any(room["unread_mentions"] for room in serialize_rooms_for(user)) else "without"

    def download(self, user: User | None) -> str:
        """One's own data, without messages from other users."""
        client = self._client(user)
        answer = client.post("/profile/data/")
        if answer.status_code == 302:
            return "login"
        with ZipFile(BytesIO(answer.getvalue())) as packed:
            return "all" if TEXT in packed.read("messages.json").decode() else "without"

    def report(self, user: User) -> str:
        try:
            report_message(reporter=user, message_id=self.message.pk, reason="Look at it")
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def save(self, user: User) -> str:
        """Save the message, or set a reminder, which also saves it."""
        try:
            set_reminder(user=user, message_id=self.message.pk, at=timezone.now() + timedelta(hours=1))
        except Refusal as refusal:
            code = refusal.code
        else:
            code = "ok"
        try:
            save_message(user=user, message_id=self.message.pk)
        except Refusal as refusal:
            assert refusal.code == code
        return code

    def saved(self, user: User | None) -> str:
        """The page of saved messages, and the search for them, if this one was saved while they saw it."""
        if user is not None:
            SavedMessage.objects.get_or_create(user=user, message=self.message)
        page = self._get(user, "/saved/")
        assert page == "login" or page == self._get(user, "/search/messages/?q=is:saved", as_program=True)
        return page

    def sync(self, user: User) -> str:
        reply = commands.execute(user, protocol.Sync(ref="r", rooms={self.room.pk: 0}))
        event = json.loads(*reply.events)
        if event["type"] == "room.left":
            return "gone"
        assert event["version"] == self.room.version
        return "all" if event["messages"] else "without"

    def reply(self, user: User) -> str:
        result = post_messages([make_draft(self.room, user, "A reply", reply_to_id=self.message.pk)])[0]
        return result.code if isinstance(result, Refusal) else "ok"

    def edit(self, user: User) -> str:
        return self._carry_out(user, protocol.EditMessage(ref="r", message=self.message.pk, body="Other words"))

    def delete(self, user: User) -> str:
        return self._carry_out(user, protocol.DeleteMessage(ref="r", message=self.message.pk))

    def read(self, user: User) -> str:
        result = move_markers([ReadMarker(user.pk, self.room.pk, 1)])[0]
        return result.code if isinstance(result, Refusal) else "ok"

    # -- requests about a message that Bo has scheduled -------------------------------------------

    def scheduled(self, user: User | None) -> str:
        """The list of one's scheduled messages, after Bo has scheduled one."""
        assert self.later
        return self._get(user, "/scheduled/", sign=LATER)

    def change(self, user: User | None) -> str:
        return self._get(user, f"/scheduled/{self.later.client_id}/", sign=LATER)

    def unsent(self, user: User | None) -> str:
        """The data export, which has one's own."""
        assert self.later
        client = self._client(user)
        answer = client.post("/profile/data/")
        if answer.status_code == 302:
            return "login"
        with ZipFile(BytesIO(answer.getvalue())) as packed:
            return "all" if LATER in packed.read("scheduled_messages.json").decode() else "without"

    def send_now(self, user: User) -> str:
        try:
            send_now(user=user, client_id=self.later.client_id)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    @cached_property
    def later(self) -> ScheduledMessage:
        at = timezone.now() + timedelta(days=1)
        return schedule_message(user=self.bo, room_id=self.room.pk, body=LATER, at=at, client_id=uuid4())

    # -- drafts on all devices --------------------------------------------------------------------

    def drafts(self, user: User) -> str:
        """The drafts that a new connection receives, after Bo has begun one."""
        assert self.begun
        return "all" if LATER in self._drafts_of(user) else "without"

    def quote(self, user: User) -> str:
        """The quote of Bo's message in one's own draft, which they began while they saw it."""
        RoomDraft.objects.update_or_create(user=user, room=self.room, defaults={"reply_to": self.message})
        return "all" if TEXT in self._drafts_of(user) else "without"

    def begin(self, user: User) -> str:
        """Change that draft."""
        known = RoomDraft.objects.get(user=user, room=self.room).version
        [result] = store_drafts([DraftChange(user.pk, self.room.pk, "An answer", None, known)])
        return result.code if isinstance(result, Refusal) else "ok"

    def _drafts_of(self, user: User) -> str:
        [welcome] = make_welcomes([user])
        return json.dumps(welcome.event["drafts"])

    @cached_property
    def begun(self) -> RoomDraft:
        return RoomDraft.objects.create(user=self.bo, room=self.room, body=LATER)

    # -- requests about reactions -----------------------------------------------------------------

    def reactions(self, user: User | None) -> str:
        """The list of users who reacted to a message, which includes Bo."""
        path = f"/messages/{self.answer.pk}/reactions/"
        return self._get(user, path, as_program=True, sign=_escaped(EMOJI))

    def count(self, user: User | None) -> str:
        assert self.answer
        return self._get(user, f"/rooms/{self.room.pk}/messages/", as_program=True, sign=_escaped(EMOJI))

    def react(self, user: User) -> str:
        return self._react(user, self.message, "👍")

    def unreact(self, user: User) -> str:
        return self._react(user, self.message, "👍", is_added=False)

    @cached_property
    def answer(self) -> Message:
        """Another user's message, to which Bo has reacted."""
        message = post(self.room, self.people.get("owner") or self.people["peer"], "An answer")
        assert self._react(self.bo, message, EMOJI) == "ok"
        return message

    def _react(self, user: User, message: Message, emoji: str, *, is_added: bool = True) -> str:
        [refusal] = change_reactions([ReactionChange(user.pk, message.pk, emoji, is_added)])
        return "ok" if refusal is None else refusal.code

    # -- requests for the file --------------------------------------------------------------------

    def files(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/files/", as_program=True, sign=FILE)

    def file(self, user: User | None) -> str:
        return self._get_file(user, self.sent)

    def thumbnail(self, user: User | None) -> str:
        return self._get_file(user, self.sent, "thumbnail/")

    def preview(self, user: User | None) -> str:
        """The image of a link's preview."""
        return self._get_stored(user, "/link-previews/{}/image/", self.link.pk, 0, self.link.preview.image)

    def unposted(self, user: User | None) -> str:
        return self._get_file(user, self.kept)

    def about(self, user: User | None) -> str:
        return self._get(user, f"/attachments/{self.sent.pk}/facts/", as_program=True, sign=FILE)

    def upload(self, user: User) -> str:
        try:
            begin_upload(user=user, room_id=self.room.pk, name="mine.txt", size=1)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def alt(self, user: User) -> str:
        try:
            set_alt_text(user=user, attachment_id=self.sent.pk, alt="A plan")
        except Refusal as refusal:
            return refusal.code
        return "ok"

    # -- requests about a slash command of the room or, in a conversation, of the site --------------

    def manage(self, user: User | None) -> str:
        assert self.command
        return self._get(user, f"/rooms/{self.room.pk}/commands/", sign=f"/{self.command.name}")

    def list(self, user: User) -> str:
        try:
            found = commands_in(find_room(user, self.room.pk).pk)
        except Refusal as refusal:
            return refusal.code
        return "all" if [each["name"] for each in found] == [self.command.name] else "without"

    def run(self, user: User) -> str:
        wanted = protocol.RunCommand(ref="r", room=self.room.pk, client_id=uuid4(), command=self.command.name)
        try:
            begin_run(user.pk, wanted)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    @cached_property
    def command(self) -> SlashCommand:
        owner = self.people.get("owner")
        fields = {"name": "deploy", "description": "", "argument_hint": "", "bot": "gardener", "dialect": "chatsite"}
        fields |= {"url": "https://bot.example.org/", "origin": "https://chat.example.org"}
        return create_command(actor=owner or self.people["staff"], room=self.room if owner else None, **fields)[0]

    # -- webhooks ---------------------------------------------------------------------------------

    def hooks(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/webhooks/", sign="New webhook")

    def hook(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/webhooks/{self.incoming.pk}/", sign="Regenerate URL")

    def targets(self, user: User | None) -> str:
        return self._get(user, f"/rooms/{self.room.pk}/outgoing-webhooks/", sign="Outgoing webhooks")

    def target(self, user: User | None) -> str:
        path = f"/rooms/{self.room.pk}/outgoing-webhooks/{self._outgoing(self.bo).pk}/"
        return self._get(user, path, sign="bot.example.org")

    def to_server(self, user: User) -> str:
        """Whether Bo's message is sent to a server by a webhook that reads the room as this user."""
        return self._sent_by(self._outgoing(user))

    def cleared(self, user: User) -> str:
        """The same after the user has cleared the history."""
        if Membership.objects.filter(room=self.room, user=user).exists():
            clear_history(user=user, room_id=self.room.pk)
        return self._sent_by(self._outgoing(user))

    def deleted(self, user: User) -> str:
        """The same if the message is deleted while it waits to be sent. The other requests come before this one."""
        Membership.objects.filter(room=self.room).update(cleared_seq=0)
        webhook = self._outgoing(user)
        delivery = OutgoingDelivery(webhook=webhook, message=self.message, expires_at=timezone.now())
        delete_message(actor=None, message_id=self.message.pk)
        return "without" if isinstance(compose(delivery), Outcome) else "all"

    def _sent_by(self, webhook: OutgoingWebhook) -> str:
        while find_deliveries():
            pass
        found = webhook.deliveries.filter(message=self.message).first()
        composed = compose(found) if found else None
        webhook.delete()
        return "all" if composed is not None and not isinstance(composed, Outcome) else "without"

    def _outgoing(self, user: User) -> OutgoingWebhook:
        fields = {"trigger": "all", "url": "https://bot.example.org/", "secret": encrypt("secret")}
        return OutgoingWebhook.objects.create(room=self.room, bot=user, origin="https://chat.example.org", **fields)

    @cached_property
    def incoming(self) -> IncomingWebhook:
        return create_webhook(actor=self.people["owner"], room=self.room, name="Deployments").webhook

    # -- the level of notifications ---------------------------------------------------------------

    def dialog(self, user: User | None) -> str:
        """The page of one's own level. Those who see the room but aren't in it are sent to the list of rooms."""
        return self._get(user, self._level_path, sign="Every message")

    def set_own(self, user: User | None) -> str:
        return self._set_level(user, {"level": "all"})

    def set_others(self, user: User | None) -> str:
        """Try to choose for all others in the room, by any name that a form may have for them."""
        others = Membership.objects.filter(room=self.room).exclude(user=user)
        before = list(others.order_by("pk").values_list("user", "notification_level"))
        for pk, _level in before:
            self._set_level(user, {"level": "nothing", "user": pk, "user_id": pk, "member": pk})
        after = list(others.order_by("pk").values_list("user", "notification_level"))
        return "unchanged" if after == before else "changed"

    @property
    def _level_path(self) -> str:
        return f"/rooms/{self.room.pk}/notifications/"

    def _set_level(self, user: User | None, data: dict[str, object]) -> str:
        answer = self._client(user).post(self._level_path, data, headers={"Accept": "application/json"})
        return "ok" if answer.status_code == 200 else str(answer.status_code)

    # -- how they ask -----------------------------------------------------------------------------

    def _get_file(self, user: User | None, file: Attachment, rendition: str = "") -> str:
        return self._get_stored(user, f"/attachments/{{}}/{rendition}", file.pk, UUID(int=0), file.key)

    def _get_stored(self, user: User | None, path: str, present: object, absent_pk: object, name: str) -> str:
        """Request a file like the page's images. A forbidden file looks like one that does not exist."""
        client, headers = self._client(user), {"Accept": "image/webp,*/*;q=0.8"}
        answer, absent = (client.get(path.format(pk), headers=headers) for pk in (present, absent_pk))
        if answer.status_code == 200:
            assert answer["X-Accel-Redirect"].startswith(f"/internal/media/{name}")
            return "all"
        assert (answer.status_code, _without_tokens(answer)) == (absent.status_code, _without_tokens(absent))
        return "login" if answer.status_code == 302 else str(answer.status_code)

    def _carry_out(self, user: User, command: protocol.AnyCommand) -> str:
        try:
            commands.execute(user, command)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def _client(self, user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    def _get(self, user: User | None, path: str, *, as_program: bool = False, sign: str = TEXT) -> str:
        client = self._client(user)
        answer = client.get(path, headers={"X-Requested-With": "fetch"} if as_program else {})
        if answer.status_code == 302:
            return "login" if answer.url.startswith("/accounts/login/") else answer.url
        if answer.status_code != 200:
            assert TEXT not in answer.content.decode()
            assert FILE not in answer.content.decode()
            return str(answer.status_code)
        return "all" if sign in answer.content.decode() else "without"


def _escaped(emoji: str) -> str:
    return json.dumps(emoji).strip('"')


def _without_tokens(answer: HttpResponse) -> bytes:
    return re.sub(rb'(nonce|value)="[^"]+"', b"", answer.content)


@pytest.mark.parametrize(("kind", "who", "expected"), rows())
def test_each_gets_what_the_table_says(kind, who, expected):
    """Makes one request after the other, with those that change something last."""
    scenario = Scenario(kind)
    assert {way: scenario.ask(way, scenario.people[who]) for way in expected} == expected


@pytest.mark.parametrize(("kind", "who", "expected"), rows())
def test_a_group_mentions_those_whom_their_names_mention(kind, who, expected):
    """Everyone is in the group, and only those whom the table lets read the message get it as a mention."""
    if ways := [way for way in ("mentions", "unread", "inbox", "saved") if way in expected]:
        scenario = Scenario(kind, in_groups=True)
        assert {way: scenario.ask(way, scenario.people[who]) for way in ways} == {way: expected[way] for way in ways}


@pytest.mark.parametrize(("kind", "who", "expected"), rows())
def test_an_edit_mentions_those_whom_a_new_message_mentions(kind, who, expected):
    """Everyone has read the message before, so nothing else in the room is unread."""
    if ways := [way for way in ("mentions", "unread", "inbox") if way in expected]:
        scenario = Scenario(kind, by_edit=True)
        assert {way: scenario.ask(way, scenario.people[who]) for way in ways} == {way: expected[way] for way in ways}


@pytest.mark.parametrize(("kind", "who", "expected"), rows())
def test_those_who_may_read_the_message_can_forward_its_file(kind, who, expected):
    if "search" not in expected or who == "anonymous":
        return
    scenario = Scenario(kind)
    person = scenario.people[who]
    room = make_room("Attic", owner=person)
    try:
        begin_copy(user=person, room_id=room.pk, source_id=scenario.sent.pk)
    except Refusal as refusal:
        assert (refusal.code, expected["search"]) == ("not_found", "without")
    else:
        assert expected["search"] == "all"


OUTSIDE = {
    "public": ["blocker", "banned"],
    "private": ["blocker", "banned", "former", "stranger", "staff"],
    "direct": ["stranger", "staff"],
    "group": ["blocker", "stranger", "staff"],
    "closed": ["blocker", "stranger", "staff"],
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_a_refusal_looks_the_same_as_if_there_were_nothing(kind):
    """The message for something that a user may not see is the same as for something that does not exist."""
    scenario = Scenario(kind)
    absent = protocol.DeleteMessage(ref="r", message=scenario.message.pk + 1_000)
    for who in OUTSIDE[kind]:
        with pytest.raises(Refusal) as hidden:
            commands.execute(scenario.people[who], protocol.DeleteMessage(ref="r", message=scenario.message.pk))
        with pytest.raises(Refusal) as nothing:
            commands.execute(scenario.people[who], absent)
        assert (hidden.value.code, hidden.value.detail) == (nothing.value.code, nothing.value.detail)


AMONG_MANY = {
    "message.posted": {"owner", "moderator", "member", "blocked"},
    "message.changed": {"owner", "moderator", "member", "blocked"},
    "room.version": {"blocker"},
    "room.typing": {"owner", "moderator", "member", "blocked"},
}
BETWEEN_TWO = {
    "message.posted": {"peer", "writer"},
    "message.changed": {"peer", "writer"},
    "room.version": set(),
    "room.typing": {"peer", "writer"},
}
IN_GROUP = {**BETWEEN_TWO, "room.version": {"blocker"}}
RECEIVED = {"public": AMONG_MANY, "private": AMONG_MANY, "direct": BETWEEN_TWO, "group": IN_GROUP}


@pytest.mark.parametrize("kind", RECEIVED)
def test_each_hears_what_the_table_says(uvicorn, kind):
    scenario = Scenario(kind)
    people = {name: user for name, user in scenario.people.items() if user is not None}
    clients = {name: LiveClient(uvicorn, user) for name, user in people.items()}
    try:
        for client in clients.values():
            client.__enter__()
        bo = clients["writer" if kind in ("direct", "group") else "blocked"]
        bo.send("room.typing", room=scenario.room.pk)
        message = bo.post(scenario.room.pk, "Live")
        bo.call("message.edit", message=message["id"], body="Changed")
        received = {name: {event["type"] for event in client.settle()} for name, client in clients.items()}
        for event, recipients in RECEIVED[kind].items():
            assert {name for name, types in received.items() if event in types} == recipients, event
    finally:
        for client in clients.values():
            client.socket.close()
