"""Saved messages: who may save what, the list, its limits, and what removes messages from it."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from live.rate_limit import TokenBuckets
from messaging.history.saved import PAGE, read_saved, saved_among
from messaging.models import SavedMessage
from messaging.moderation.bulk_delete import delete_messages_of
from messaging.posting.actions import clear_history, delete_message
from messaging.saved import actions
from messaging.saved.actions import remove_saved, restore_saved, save_message
from messaging.web import change_limit
from rooms.actions import delete_room, leave_room
from rooms.blocking import block_person, unblock_person
from rooms.errors import Invalid, NotFound
from rooms.moderation import ban_member
from tests.factories import log_in, make_member, post

pytestmark = pytest.mark.django_db

AS_PROGRAM = {"X-Requested-With": "fetch"}


@pytest.fixture
def message(people):
    return post(people["room"], people["member"], "Read this later")


def bodies(user) -> list[str]:
    user.__dict__.pop("blocklist", None)
    return [message.body for _saved, message in read_saved(user).entries]


class TestPermissions:
    @pytest.mark.parametrize("who", ["former", "stranger", "root"])
    def test_message_that_one_does_not_see_does_not_exist(self, people, message, who):
        with pytest.raises(NotFound) as hidden:
            save_message(user=people[who], message_id=message.pk)
        with pytest.raises(NotFound) as absent:
            save_message(user=people[who], message_id=message.pk + 1_000)
        assert hidden.value.detail == absent.value.detail
        assert not SavedMessage.objects.exists()

    def test_message_of_a_blocked_person_cannot_be_saved(self, people, message):
        block_person(user=people["moderator"], other=people["member"])
        with pytest.raises(NotFound):
            save_message(user=people["moderator"], message_id=message.pk)

    def test_everyone_else_can_save_it_for_themselves_only(self, people, message):
        save_message(user=people["other"], message_id=message.pk)
        save_message(user=people["other"], message_id=message.pk)
        assert bodies(people["other"]) == ["Read this later"]
        assert bodies(people["member"]) == []

    def test_one_removes_only_what_one_saved_oneself(self, people, message):
        save_message(user=people["other"], message_id=message.pk)
        assert remove_saved(user=people["member"], message_id=message.pk) == ""
        assert bodies(people["other"]) == ["Read this later"]


class TestLostAccess:
    """A saved message is hidden while its user doesn't see it."""

    @pytest.fixture(autouse=True)
    def saved(self, people, message):
        save_message(user=people["other"], message_id=message.pk)
        assert bodies(people["other"])

    def test_leaving_the_room(self, people):
        leave_room(user=people["other"], room=people["room"])
        assert bodies(people["other"]) == []
        make_member(people["room"], people["other"])
        assert bodies(people["other"]) == ["Read this later"]

    def test_ban(self, people):
        ban_member(actor=people["owner"], room=people["room"], user=people["other"])
        assert bodies(people["other"]) == []

    def test_cleared_history(self, people):
        clear_history(user=people["other"], room_id=people["room"].pk)
        assert bodies(people["other"]) == []

    def test_block(self, people):
        block_person(user=people["other"], other=people["member"])
        assert bodies(people["other"]) == []
        unblock_person(user=people["other"], other=people["member"])
        assert bodies(people["other"]) == ["Read this later"]

    def test_deleted_message_is_not_saved_anymore(self, people, message):
        delete_message(actor=people["member"], message_id=message.pk)
        assert not SavedMessage.objects.exists()

    def test_bulk_deletion(self, people):
        delete_messages_of(actor=people["owner"], room=people["room"], user=people["member"])
        assert not SavedMessage.objects.exists()

    def test_deleted_room(self, people):
        delete_room(actor=people["owner"], room=people["room"])
        assert not SavedMessage.objects.exists()

    def test_deleted_account(self, people, message):
        save_message(user=people["moderator"], message_id=message.pk)
        delete_account(user=people["other"], with_messages=False)
        assert SavedMessage.objects.get().user == people["moderator"]


class TestLimits:
    def test_number_of_saved_messages_is_limited(self, people, message, monkeypatch):
        monkeypatch.setattr(actions, "MAX_SAVED", 2)
        more = [post(people["room"], people["member"], f"Text {n}") for n in range(2)]
        for each in more:
            save_message(user=people["other"], message_id=each.pk)
        with pytest.raises(Invalid, match="at most 2 messages"):
            save_message(user=people["other"], message_id=message.pk)
        save_message(user=people["other"], message_id=more[0].pk)  # again
        remove_saved(user=people["other"], message_id=more[0].pk)
        save_message(user=people["other"], message_id=message.pk)

    def test_changes_are_limited_in_rate(self, people, message, monkeypatch):
        monkeypatch.setattr(change_limit, "_limits", TokenBuckets(0.1, 2))
        client = log_in(people["other"], **AS_PROGRAM)
        statuses = [client.post(f"/messages/{message.pk}/saved/").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]

    def test_page_takes_the_same_queries_for_many_messages(self, people, message):
        client = log_in(people["other"])
        save_message(user=people["other"], message_id=message.pk)
        with CaptureQueriesContext(connection) as few:
            client.get("/saved/")
        for number in range(PAGE):
            save_message(user=people["other"], message_id=post(people["room"], people["member"], f"{number}").pk)
        with CaptureQueriesContext(connection) as many:
            assert len(client.get("/saved/").context["entries"]) == PAGE
        assert len(many) <= len(few)


class TestUndo:
    def test_removed_message_is_restored_as_it_was(self, people, message):
        before = timezone.now() - timedelta(days=3)
        SavedMessage.objects.create(user=people["other"], message=message, saved_at=before, listed_at=before)
        token = remove_saved(user=people["other"], message_id=message.pk)
        assert bodies(people["other"]) == []
        restore_saved(user=people["other"], message_id=message.pk, token=token)
        assert SavedMessage.objects.get().saved_at == before

    def test_token_is_only_for_its_user_and_message(self, people, message):
        other_message = post(people["room"], people["member"], "Another")
        save_message(user=people["other"], message_id=message.pk)
        token = remove_saved(user=people["other"], message_id=message.pk)
        with pytest.raises(NotFound):
            restore_saved(user=people["moderator"], message_id=message.pk, token=token)
        with pytest.raises(NotFound):
            restore_saved(user=people["other"], message_id=other_message.pk, token=token)
        with pytest.raises(Invalid):
            restore_saved(user=people["other"], message_id=message.pk, token=token + "x")

    def test_restoring_needs_access(self, people, message):
        save_message(user=people["other"], message_id=message.pk)
        token = remove_saved(user=people["other"], message_id=message.pk)
        leave_room(user=people["other"], room=people["room"])
        with pytest.raises(NotFound):
            restore_saved(user=people["other"], message_id=message.pk, token=token)

    def test_it_is_too_late_after_a_minute(self, people, message, monkeypatch):
        save_message(user=people["other"], message_id=message.pk)
        token = remove_saved(user=people["other"], message_id=message.pk)
        now = signing.time.time()
        monkeypatch.setattr(signing.time, "time", lambda: now + actions.TIME_TO_UNDO + 1)
        with pytest.raises(Invalid):
            restore_saved(user=people["other"], message_id=message.pk, token=token)


class TestViews:
    def test_page_lists_the_newest_first_in_pages(self, people):
        messages = [post(people["room"], people["member"], f"Text {n}") for n in range(PAGE + 3)]
        at = timezone.now()
        for each in messages:  # all at the same time
            SavedMessage.objects.create(user=people["other"], message=each, saved_at=at, listed_at=at)
        client = log_in(people["other"])
        first = client.get("/saved/")
        second = client.get(f"/saved/?before={first.context['more']}")
        shown = [saved.message_id for page in (first, second) for saved, _result in page.context["entries"]]
        assert shown == [each.pk for each in reversed(messages)]
        assert second.context["more"] is None

    @pytest.mark.parametrize("before", ["x", "1", "1-", "999999999999999999-1", "1-x"])
    def test_wrong_position_is_refused(self, people, before):
        answer = log_in(people["other"], **AS_PROGRAM).get(f"/saved/?before={before}")
        assert (answer.status_code, answer.json()["field"]) == (400, "before")

    def test_forms_work_without_a_script(self, people, message):
        client = log_in(people["other"])
        client.post(f"/messages/{message.pk}/saved/")
        removed = client.post(f"/messages/{message.pk}/saved/", {"_method": "DELETE"}, follow=True)
        assert removed.redirect_chain == [("/saved/", 302)]
        assert b"No saved messages yet" in removed.content
        assert b'name="restore"' in removed.content

    def test_program_gets_the_value_to_restore(self, people, message):
        client, path = log_in(people["other"], **AS_PROGRAM), f"/messages/{message.pk}/saved/"
        assert client.post(path).status_code == 200
        token = client.delete(path).json()["restore"]
        assert not SavedMessage.objects.exists()
        assert client.post(path, {"restore": token}).status_code == 200
        assert SavedMessage.objects.exists()

    def test_marks_are_only_ones_own(self, people, message):
        save_message(user=people["moderator"], message_id=message.pk)
        path = f"/saved/marks/?messages={message.pk},{message.pk + 1}"
        assert log_in(people["other"], **AS_PROGRAM).get(path).json() == {"saved": []}
        assert log_in(people["moderator"], **AS_PROGRAM).get(path).json() == {"saved": [message.pk]}
        assert log_in(people["other"], **AS_PROGRAM).get("/saved/marks/?messages=1,x").status_code == 400

    def test_conversation_and_history_name_the_saved_messages_in_them(self, people, message):
        other = post(people["room"], people["member"], "Another")
        save_message(user=people["other"], message_id=message.pk)
        client = log_in(people["other"], **AS_PROGRAM)
        for path in ("conversation/", "messages/"):
            assert client.get(f"/rooms/{people['room'].pk}/{path}").json()["saved"] == [message.pk]
        assert client.get(f"/rooms/{people['room'].pk}/messages/?after={message.seq}").json()["saved"] == []
        assert saved_among(people["other"], [other.pk]) == []

    def test_export_contains_ids_but_no_texts_of_others(self, people, message):
        save_message(user=people["other"], message_id=message.pk)
        answer = log_in(people["other"]).post("/profile/data/")
        with ZipFile(BytesIO(answer.getvalue())) as packed:
            text = packed.read("saved_messages.json").decode()
        assert f'"message": {message.pk}' in text
        assert "Read this later" not in text


class TestSearch:
    @pytest.fixture
    def found(self, people):
        def found(query: str, who: str = "other") -> list[str]:
            answer = log_in(people[who], **AS_PROGRAM).get("/search/messages/", {"q": query}).json()
            return [each["body"] for each in answer["messages"]]

        return found

    def test_saved_messages_are_found(self, people, message, found):
        other = post(people["room"], people["member"], "Read that later")
        unsaved = post(people["room"], people["member"], "Read nothing")
        for each in (message, other):
            save_message(user=people["other"], message_id=each.pk)
        assert found("is:saved") == [other.body, message.body]
        assert found("is:saved that") == [other.body]
        assert found("read -is:saved") == [unsaved.body]
        assert found("is:saved", "moderator") == []
        assert found("-is:saved", "moderator") == [unsaved.body, other.body, message.body]

    def test_lost_access_hides_them(self, people, message, found):
        save_message(user=people["other"], message_id=message.pk)
        leave_room(user=people["other"], room=people["room"])
        assert found("is:saved") == []

    def test_pages_continue(self, people, found):
        messages = [post(people["room"], people["member"], f"Text {n}") for n in range(30)]
        for each in messages:
            save_message(user=people["other"], message_id=each.pk)
        client = log_in(people["other"], **AS_PROGRAM)
        first = client.get("/search/messages/", {"q": "is:saved"}).json()
        second = client.get("/search/messages/", {"q": "is:saved", "before": first["next"]}).json()
        assert [each["id"] for each in first["messages"] + second["messages"]] == [each.pk for each in messages[::-1]]
        assert second["next"] is None
