"""Forms with a button beside their fields."""

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import DESKTOP, PHONE
from tests.factories import make_room

PATHS = ["/rooms/{room}/members/", "/rooms/{room}/bans/", "/profile/privacy/", "/invitations/"]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "no-script"])
def test_an_error_leaves_the_button_level_with_its_field(uvicorn, enter, register, viewport, java_script_enabled):
    ana = register("Ana Ferreira")
    room = make_room("Workshop", owner=ana)
    page = enter(uvicorn, ana, viewport=viewport, java_script_enabled=java_script_enabled).page
    for path in PATHS:
        url = path.format(room=room.pk)
        page.goto(url)
        for number in range(page.locator("form:has(> .btn)").count()):
            page.goto(url)
            form = page.locator("form:has(> .btn)").nth(number)
            before = form.locator("> .btn").bounding_box()
            assert is_beside_or_below(form), url
            _make_invalid(form)
            form.locator("> .btn").click()
            expect(form.locator(".invalid-feedback").first).to_be_visible()
            after = form.locator("> .btn").bounding_box()
            assert is_beside_or_below(form), f"{url} with an error"
            assert (after["height"], after["width"]) == (before["height"], before["width"]), url


def _make_invalid(form: Locator) -> None:
    """Enter a name of no one, or choose a value that isn't offered."""
    form.evaluate("(form) => (form.noValidate = true)")
    if form.locator("select").count():
        form.locator("select").first.evaluate("(select) => (select.selectedOptions[0].value = '12345')")
    else:
        form.locator("input.form-control").fill("no one has this name")
        form.page.keyboard.press("Escape")  # closes the list of matches


def is_beside_or_below(form: Locator) -> bool:
    """Return whether the button has the same middle as the last field beside it, or is below all fields."""
    button = form.locator("> .btn").bounding_box()
    field = form.locator(".picker__field, .form-select, input.form-control").last.bounding_box()
    if button["y"] >= field["y"] + field["height"]:
        return True
    return abs(button["y"] + button["height"] / 2 - field["y"] - field["height"] / 2) <= 1


def test_all_lists_of_choices_look_alike(uvicorn, enter, register, everyone):
    root = register("Root Root", is_staff=True, is_superuser=True)
    page = enter(uvicorn, root).page
    looks = set()
    for path in (everyone.get_absolute_url(), "/people/", "/search/", "/profile/", "/admin/reports/active-users/"):
        page.goto(path)
        found = page.locator("select").evaluate_all(LOOKS)
        assert found, path
        looks |= set(found)
    assert len(looks) == 1, looks
    assert "linear-gradient" in looks.pop()


LOOKS = """(selects) => selects.map((select) => {
  const { appearance, backgroundImage, borderRadius, borderColor, fontWeight, paddingRight } = getComputedStyle(select);
  return [appearance, backgroundImage, borderRadius, borderColor, fontWeight, paddingRight].join(" ");
})"""
