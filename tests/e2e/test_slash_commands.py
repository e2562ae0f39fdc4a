"""Commands of a room in the message field: completing, running, and their answers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.e2e.browser import PHONE, BrowserSession
from tests.factories import make_member, make_room
from tests.integration_server import add_deploy, integration_server, respond, run_allowed_site
from tests.push_service import PushService
from tests.server import Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(tmp_path, no_site, settings) -> Iterator[PushService]:
    with integration_server(tmp_path, settings) as receiver:
        yield receiver


@pytest.fixture
def room(register, receiver) -> Room:
    room = make_room("Workshop", owner=register("Ana Ferreira"))
    make_member(room, register("Bo Lund"))
    add_deploy(room, room.created_by, receiver)
    return room


@pytest.fixture
def site(room, receiver, tmp_path) -> Iterator[Site]:
    with run_allowed_site(receiver, tmp_path / "site") as site:
        yield site


@pytest.fixture
def ana(site, enter, room) -> BrowserSession:
    return enter(site, room.created_by).open(room)


@pytest.fixture
def bo(site, enter, room) -> BrowserSession:
    return enter(site, User.objects.get(username="bo")).open(room)


def test_a_command_is_completed_and_its_answer_is_for_everyone(ana, bo, receiver):
    field, keyboard = bo.page.locator("#message"), bo.page.keyboard
    field.click()
    keyboard.type("/dep")
    option = bo.page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("/deploy [branch]")
    expect(option).to_contain_text("Put a branch on the server")
    keyboard.press("Enter")
    expect(field).to_have_value("/deploy ")
    keyboard.type("public **main** is there")
    keyboard.press("Enter")
    for each in (ana, bo):
        each.sees("main is there")
        expect(each.message("main is there").locator("strong")).to_have_text("main")
        expect(each.message("main is there").locator(".msg__name")).to_have_text("gardener")
    expect(field).to_have_value("")
    assert len(receiver.received) == 1


def test_an_answer_for_one_person_is_shown_to_them_until_it_is_dismissed(ana, bo, room):
    other_tab = bo.new_tab(room)
    bo.send("/deploy me *Only* for you")
    answers = [page.locator(".command-answer") for page in (bo.page, other_tab)]
    for answer in answers:
        expect(answer).to_contain_text("Only you can see this")
        expect(answer.locator("em")).to_have_text("Only")
    expect(bo.page.locator("#message")).to_have_value("")
    bo.send("Thanks")
    ana.sees("Thanks")
    expect(ana.page.locator(".command-answer")).to_have_count(0)
    order = bo.page.locator(".log__list > :is(.command-answer, .msg)")
    expect(order.last).to_contain_text("Thanks")
    answers[0].get_by_role("button", name="Dismiss").click()
    expect(answers[0]).to_have_count(0)
    expect(bo.page.locator("#message")).to_be_focused()
    other_tab.reload()
    bo.wait_until_live(other_tab)
    expect(other_tab.get_by_text("Thanks")).to_be_visible()
    expect(answers[1]).to_have_count(0)
    assert list(Message.objects.filter(room=room).values_list("body", flat=True)) == ["Thanks"]


def test_names_of_commands_fit_on_a_phone(bo):
    bo.page.set_viewport_size(PHONE)
    bo.page.locator("#message").click()
    bo.page.keyboard.type("/")
    names = bo.page.get_by_role("listbox", name="Suggestions").locator("b")
    expect(names.first).to_have_text("/deploy [branch]")
    assert not names.evaluate_all("(all) => all.some((each) => each.scrollWidth > each.clientWidth)")


def test_a_later_answer_replaces_or_removes_what_only_the_person_sees(bo, receiver, site):
    bo.send("/deploy me Deploying")
    answer = bo.page.locator(".command-answer")
    expect(answer).to_contain_text("Deploying")
    assert respond(site, receiver, {"text": "**Almost** there", "replace_original": True}) == (200, "ok")
    expect(answer).to_contain_text("Almost there")
    expect(answer).to_have_count(1)
    assert respond(site, receiver, {"delete_original": True}) == (200, "ok")
    expect(answer).to_have_count(0)


def test_a_failed_command_stays_in_the_field_with_the_reason(bo, room):
    bo.watch.allow("Failed to load resource")
    field = bo.page.locator("#message")
    bo.send("/deploy fail")
    expect(bo.notices).to_contain_text("the status 500")
    expect(field).to_have_value("/deploy fail")
    field.fill("/depoly x")
    field.press("Enter")
    expect(bo.notices.filter(has_text="Did you mean /deploy?")).to_be_visible()
    expect(field).to_have_value("/depoly x")
    assert not Message.objects.filter(room=room).exists()


def test_a_command_in_a_thread_is_answered_there(ana, bo, room):
    ana.send("Shall we?")
    bo.sees("Shall we?")
    ana.use_tool("Shall we?", "reply")
    ana.send("Soon")
    bo.page.locator("main .msg__thread").click()
    field = bo.thread.locator("message-composer textarea")
    for text in ("public Done", "me Only in the thread"):
        field.fill(f"/deploy {text}")
        field.press("Enter")
        expect(field).to_have_value("")
    expect(bo.thread.locator(".msg__body").filter(has_text="Done")).to_be_visible()
    expect(bo.thread.locator(".command-answer")).to_contain_text("Only in the thread")
    expect(bo.page.locator(".conversation .command-answer, main .command-answer")).to_have_count(0)
    assert Message.objects.get(body="Done").thread.body == "Shall we?"
