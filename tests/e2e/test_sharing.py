"""Content that other apps share with the installed one."""

from playwright.sync_api import expect

from tests.factories import make_member, make_room

# Sends the form that a system sends to the share target.
SHARE = """(fields) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "/share/", enctype: "multipart/form-data", hidden: true });
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    form.append(field);
  }
  const files = document.createElement("input");
  Object.assign(files, { type: "file", name: "files", multiple: true });
  const transfer = new DataTransfer();
  transfer.items.add(new File(["bread, cheese"], "list.txt", { type: "text/plain" }));
  files.files = transfer.files;
  form.append(files);
  document.body.append(form);
  form.submit();
}"""


def test_shared_text_and_files_wait_in_the_chosen_conversation(uvicorn, enter, register, everyone):
    mira = enter(uvicorn, "Mira Sol", service_workers="allow")
    harbour = make_room("Harbour", owner=register("Ana Ferreira"))
    make_member(harbour, mira.user)
    mira.open(everyone)
    mira.page.evaluate("() => navigator.serviceWorker.ready")
    mira.page.evaluate(SHARE, {"title": "Picnic", "text": "On Sunday", "url": "https://example.org/"})
    mira.page.wait_for_url("**/rooms/*/")
    picker = mira.page.get_by_placeholder("Share with a room or person")
    expect(picker).to_be_visible()
    picker.fill("harb")
    mira.page.keyboard.press("Enter")
    expect(mira.heading).to_have_text("Harbour")
    expect(mira.field).to_have_value("Picnic\nOn Sunday\nhttps://example.org/")
    expect(mira.page.locator('message-composer .filename[title="list.txt"]')).to_be_visible()
    assert mira.page.evaluate("() => caches.has('shared')") is False
    mira.page.reload()
    mira.wait_until_live()
    expect(picker).to_have_count(0)
