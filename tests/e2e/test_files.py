"""Attachments: choosing, dropping and pasting files, uploading them, and viewing them in messages and in the room's list."""

import re
from contextlib import nullcontext

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import Attachment, Message
from rooms.actions import archive_room
from tests.e2e import files
from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import Inspector
from tests.factories import make_attachment, make_member, make_room, post

LONG = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung"
CODE = "".join(f"def total_{n}() -> int:  # of line {n}\n    return {n}\n" for n in range(600))


def send_files(visitor: BrowserSession, *chosen: files.File, text: str = "") -> None:
    files.choose(visitor, *chosen)
    files.wait_until_uploaded(visitor, len(chosen))
    visitor.send(text)
    visitor.sees_all_sent()


def play(player: Locator) -> list:
    """Play a video to its end. Return its error, whether it has played, and the number of ranges played."""
    return player.evaluate(
        """(video) => new Promise((done) => {
          video.onended = () => done([video.error, video.currentTime > 0.5, video.played.length]);
          video.muted = true;
          video.play();
        })"""
    )


def test_five_dropped_files_are_posted_with_their_caption(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    dropped = [
        files.image("one.png"),
        files.image("two.png", (300, 900), "olive"),
        files.text("notes.txt", "<b>First</b> & last line\n"),
        files.data("archive.zip", 20_000),
        files.text("empty.txt", ""),
    ]
    files.drop(ana, *dropped)
    expect(files.tray(ana)).to_have_count(5)
    files.wait_until_uploaded(ana, 5)
    ana.send("All for **Thursday**")
    expect(files.tray(ana)).to_have_count(0)
    expect(ana.field).to_have_value("")

    mira.sees("All for Thursday")
    message = mira.message("All for Thursday")
    expect(message.locator(".thumbnails.is-many .thumbnail img")).to_have_count(2)
    expect(message.locator(".text-file__code")).to_have_text("<b>First</b> & last line")
    expect(message.locator(".file .filename")).to_have_text(["archive.zip", "empty.txt"])
    with mira.page.expect_download() as download:
        message.locator(".file").first.click()
    assert download.value.path().read_bytes() == dropped[3]["buffer"]
    assert list(Message.objects.get().attachments.order_by("position").values_list("name", flat=True)) == [
        file["name"] for file in dropped
    ]


def test_files_without_text_are_quoted_by_their_names(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.data("plan.zip", 100))
    message = ana.page.locator(".msg", has=ana.page.locator(".file"))
    ana.use_tool_of(message, "reply")
    expect(ana.page.locator(".composer__quote")).to_have_text("Ana Ferreira: 📎 plan.zip")
    ana.send("Too long")
    ana.sees_all_sent()
    expect(ana.message("Too long").locator(".reply__text")).to_have_text("📎 plan.zip")

    ana.use_tool_of(message, "delete")
    ana.confirm("Delete")
    ana.sees("Message deleted")
    expect(ana.page.locator(".file")).to_have_count(0)
    assert not Attachment.objects.exists()


def test_a_pasted_image_gets_alt_text_and_opens_in_the_lightbox(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    files.paste(ana, files.image("image.png"))
    expect(files.tray(ana, "image 20")).to_have_count(1)
    files.tray(ana).get_by_role("button", name="Alt text").click()
    ana.page.get_by_role("textbox", name="Add alt text").fill("A white ring on blue")
    ana.page.get_by_role("button", name="Save").click()
    expect(files.tray(ana)).to_contain_text("alt text added")
    files.choose(ana, files.image("second.png", (500, 400), "olive"))
    files.wait_until_uploaded(ana, 2)
    ana.send("Two")

    first = mira.page.get_by_role("button", name="Open image: A white ring on blue")
    first.focus()
    mira.page.keyboard.press("Enter")
    box = mira.page.locator("#lightbox")
    expect(box.get_by_role("img", name="A white ring on blue")).to_be_visible()
    expect(box.get_by_role("button", name="Alt text")).to_be_hidden()
    mira.page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name="second.png")).to_be_visible()
    mira.page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name="second.png")).to_be_visible()
    mira.page.keyboard.press("Home")
    expect(box.get_by_role("img", name="A white ring on blue")).to_be_visible()
    mira.page.keyboard.press("End")
    expect(box.locator(".filename")).to_have_text("second.png")
    mira.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(first).to_be_focused()

    ana.page.get_by_role("button", name="Open image: second.png").click()
    ana.page.locator("#lightbox").get_by_role("button", name="Alt text").click()
    ana.page.get_by_role("textbox", name="Add alt text").fill("An olive one")
    ana.page.get_by_role("button", name="Save").click()
    expect(mira.page.get_by_role("button", name="Open image: An olive one")).to_have_count(1)


def test_animated_images_stand_still_with_reduced_motion(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    mira = enter(uvicorn, "Mira Sol", reduced_motion="no-preference").open(everyone)
    send_files(ana, files.animated_image())
    shot = ana.page.locator(".thumbnail")
    expect(shot.locator("img")).to_have_attribute("src", re.compile("/thumbnail/$"))
    shot.click()
    expect(shot.locator("img")).to_have_attribute("src", re.compile("/display/$"))
    expect(shot.locator(".thumbnail__play")).to_be_hidden()
    shot.click()
    expect(ana.page.locator("#lightbox")).to_be_visible()
    expect(mira.page.locator(".thumbnail img")).to_have_attribute("src", re.compile("/display/$"))


def test_messages_do_not_move_while_images_load(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.image("wide.png", (1600, 400)), text="Before the harbour")
    mira = enter(uvicorn, "Mira Sol")
    held = []
    mira.page.route("**/thumbnail/", lambda route: held.append(route))
    mira.open(everyone)
    image = mira.page.locator(".thumbnail img")
    expect(image).to_be_visible()
    before = image.bounding_box()
    assert before["height"] == pytest.approx(before["width"] / 4, abs=1)
    held[0].continue_()
    expect(image).to_have_js_property("complete", True)
    assert image.bounding_box() == before


def test_a_text_file_expands_on_request(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.text("totals.py", CODE), text="Look at this")
    code = ana.page.locator(".text-file__code")
    assert len(code.text_content().splitlines()) == 8
    expect(code.locator(".k").first).to_have_text("def")
    ana.page.get_by_role("button", name="Show all 1,200 lines").click()
    expect(code).to_contain_text("return 599")
    assert code.text_content() == CODE
    ana.page.get_by_role("button", name="Show less").click()
    assert len(code.text_content().splitlines()) == 8
    ana.edit("Look at this", "")
    expect(ana.page.locator(".msg__body")).to_have_text("edited")
    expect(code).to_be_visible()


def test_a_text_file_expands_in_its_place(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.text("totals.py", CODE), text="Look at this")
    post_messages(everyone, ana.user, *(f"Number {n}" for n in range(40)))
    ana.sees("Number 39")
    file = ana.page.locator(".text-file")
    file.scroll_into_view_if_needed()
    file.hover()
    with ana.page.expect_event("console", lambda message: message.text == "scrolled"):
        ana.page.evaluate(
            "document.querySelector('.log__scroll').addEventListener('scrollend', () => console.info('scrolled'), {once: true})"
        )
        ana.page.mouse.wheel(0, -100)
    top = "(element) => [element.closest('.msg').getBoundingClientRect().top, element.clientHeight]"
    before = file.evaluate(top)
    file.get_by_role("button", name="Show all").click()
    expect(file).to_contain_text("return 599")
    assert file.evaluate(top)[0] == pytest.approx(before[0], abs=1)
    file.get_by_role("button", name="Show less").click()
    assert file.evaluate(top)[1] == before[1]
    expect(file).to_be_in_viewport(ratio=1)


def test_first_file_is_chosen_and_sent_without_a_connection(proxy, enter, everyone):
    """The code for uploads is loaded while the page is idle, and the file waits for the connection."""
    ana = enter(proxy, "Ana Ferreira")
    ana.watch.allow_connection_errors()
    with ana.page.expect_response(re.compile(r"/vendor/tus/tus[^/]*\.js")):
        ana.open(everyone)
    ana.page.wait_for_load_state("networkidle")
    proxy.disconnect()
    ana.wait_until_offline()
    files.choose(ana, files.text("notes.txt", "Notes"))
    expect(ana.page.locator(".tray__file")).to_have_count(1)
    ana.send("From the tunnel")
    proxy.reconnect()
    ana.wait_until_live()
    ana.sees_all_sent()
    expect(ana.message("From the tunnel").locator(".text-file")).to_have_count(1)


def test_module_that_could_not_be_loaded_is_loaded_later(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira")
    ana.watch.allow_connection_errors()
    name = re.compile(r"/js/elements/attachment_tray[^/]*\.js")  # imported by a module that is loaded late
    ana.page.route(name, lambda route: route.abort())
    ana.open(everyone)
    files.choose(ana, files.text("notes.txt", "Notes"))
    expect(ana.notices).to_contain_text("Couldn’t attach files. Check your connection.")
    ana.page.unroute(name)
    files.choose(ana, files.text("notes.txt", "Notes"))
    files.wait_until_uploaded(ana, 1)


def test_a_pdf_shows_its_first_page(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    plan = files.pdf("plan.pdf")
    send_files(
        ana,
        plan,
        files.pdf("slides.pdf", (1920, 1080)),
        files.text("broken.pdf", "%PDF-1.7 and no more"),
    )
    for name, width, height in (("plan.pdf", 4, 3), ("slides.pdf", 16, 9)):
        page = ana.page.get_by_alt_text(f"First page of {name}")
        expect(page).to_have_js_property("complete", True)
        box = page.bounding_box()
        assert box["height"] == pytest.approx(box["width"] * height / width, abs=1)
    expect(ana.page.locator(".file .filename")).to_have_text("broken.pdf")
    with ana.page.expect_download() as download:
        ana.page.get_by_role("link", name="Download plan.pdf").click()
    assert download.value.path().read_bytes() == plan["buffer"]


def test_audio_plays_in_place_and_can_be_sought(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.audio("meeting.wav", seconds=4))
    player = ana.page.get_by_label("meeting.wav", exact=True)
    expect(player).to_have_js_property("duration", 4)
    assert player.evaluate(
        "(audio) => new Promise((done) => { audio.onseeked = () => done(audio.currentTime); audio.currentTime = 3; })"
    ) == pytest.approx(3)
    expect(ana.page.get_by_role("link", name="Download meeting.wav")).to_be_visible()


def test_a_video_plays_in_place(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    send_files(ana, files.video(ana.page, "wandering.webm"))
    player = mira.page.get_by_label("wandering.webm", exact=True)
    expect(player).to_have_js_property("videoWidth", 320)
    height = player.bounding_box()["height"]
    assert play(player) == [None, True, 1]
    assert player.bounding_box()["height"] == height
    assert Attachment.objects.get().type == "video/webm"


def test_a_quicktime_video_plays_in_place(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    send_files(ana, files.quicktime_video(ana.page, "IMG_0042.MOV"))
    player = ana.page.get_by_label("IMG_0042.MOV", exact=True)
    expect(player).to_have_js_property("videoWidth", 320)
    assert play(player) == [None, True, 1]
    assert Attachment.objects.get().type == "video/quicktime"


def test_a_video_without_a_picture_is_a_card(uvicorn, enter, everyone):
    """The browser could only play its sound."""
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    video = files.quicktime_video(ana.page, "IMG_0043.MOV", codec=b"hvc1")
    send_files(ana, video)
    with ana.page.expect_download() as download:
        ana.page.locator("a.file", has_text="IMG_0043.MOV").click()
    assert download.value.path().read_bytes() == video["buffer"]
    expect(ana.page.locator(".log__scroll video")).to_have_count(0)


def test_an_upload_is_paused_resumed_and_cancelled(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    upload_limit = files.SlowUpload(ana, 300_000)
    files.choose(ana, files.data("one.bin", 1_500_000), files.data("two.bin", 1_500_000))
    first, second = files.tray(ana, "one.bin"), files.tray(ana, "two.bin")
    expect(first.locator(".tray__state")).to_have_text(re.compile(r"of 1\.5 MB · .*/s"))
    first.get_by_role("button", name="Pause").click()
    expect(first.locator(".tray__state")).to_have_text(re.compile("^Paused"))
    expect(first.get_by_role("button", name="Resume")).to_be_focused()
    second.get_by_role("button", name="Remove").click()
    expect(second).to_have_count(0)
    expect(first.get_by_role("button", name="Remove")).to_be_focused()
    upload_limit.unlimit()
    first.get_by_role("button", name="Resume").click()
    files.wait_until_uploaded(ana, 1)
    assert Attachment.objects.get().name == "one.bin"
    ana.watch.allow_connection_errors()


def test_a_file_over_the_limit_is_refused_before_it_is_uploaded(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    asked = []
    ana.page.on("request", lambda request: "/uploads/" in request.url and asked.append(request.url))
    ana.page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(Array(101).fill(new Uint8Array(1_000_000)), "film.mkv"));
          const field = document.querySelector("#files");
          field.files = transfer.files;
          field.dispatchEvent(new Event("change"));
        }"""
    )
    refusal = ana.page.locator(".tray__errors")
    expect(refusal).to_have_text("“film.mkv” is 101 MB. The limit is 100 MB.")
    files.choose(ana, *[files.data(f"{n}.bin", 10) for n in range(12)])
    expect(refusal).to_have_text("You can attach up to 10 files. 2 weren’t added.")
    files.wait_until_uploaded(ana, 10)
    assert len([url for url in asked if url.endswith("/uploads/")]) == 10


def test_an_upload_resumes_after_a_reload(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow_connection_errors()
    upload_limit = files.SlowUpload(ana, 500_000)
    sent = files.data("report.bin", 2_000_000)
    files.choose(ana, sent)
    expect(files.tray(ana).locator(".tray__state")).to_have_text(re.compile(r"^[5-9]\d\d kB of 2 MB"))
    ana.send("The whole report")
    waiting = ana.message("The whole report")
    expect(waiting).to_contain_text("Will be sent when the upload finishes.")
    ana.field.press_sequentially("By the way")
    created = []
    ana.page.on(
        "request", lambda request: request.method == "POST" and "/uploads/" in request.url and created.append(1)
    )
    ana.page.reload()
    ana.wait_until_live()
    expect(waiting.locator(".tray__file")).to_have_count(1)
    expect(ana.field).to_have_value("By the way")
    upload_limit.unlimit()
    ana.sees("The whole report")
    ana.sees_all_sent()
    assert created == []
    with ana.page.expect_download() as download:
        ana.page.locator(".file").click()
    assert download.value.path().read_bytes() == sent["buffer"]


def test_a_caption_sent_right_after_a_reload_includes_its_files(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow("Failed to load resource")
    files.choose(ana, files.data("report.bin", 1000))
    files.wait_until_uploaded(ana, 1)
    ana.field.fill("The report")
    scripts = []
    ana.page.route("**/uploads_controller*.js", lambda route: scripts.append(route))
    ana.page.reload()
    ana.field.press("Enter")
    expect(ana.field).not_to_be_editable()
    ana.page.keyboard.type("And then")
    expect(ana.field).to_have_value("The report")
    expect(ana.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    scripts.pop().abort()
    expect(ana.notices).to_contain_text(["Couldn’t attach files. Check your connection."])
    expect(ana.field).to_be_editable()
    ana.wait_until_live()
    ana.page.unroute("**/uploads_controller*.js")  # also continues the held requests
    ana.field.press("Enter")
    ana.sees("The report")
    ana.sees_all_sent()
    expect(ana.page.locator(".file .filename")).to_have_text("report.bin")
    expect(ana.field).to_have_value("")
    expect(ana.field).to_be_editable()
    assert Message.objects.get().attachments.count() == 1


def test_a_message_sent_before_stored_uploads_are_read_is_posted_afterwards(uvicorn, enter, register, everyone):
    mira = register("Mira Sol")
    make_member(make_room("Design", owner=register("Ana Ferreira")), mira)
    visitor = enter(uvicorn, mira).open(everyone)
    files.choose(visitor, files.data("report.bin", 1000))
    files.wait_until_uploaded(visitor, 1)
    visitor.go_to("Design")
    scripts = []
    visitor.page.route("**/uploads_controller*.js", lambda route: scripts.append(route))
    visitor.page.reload()
    visitor.send("Only text")
    visitor.wait_until_live()
    assert not Message.objects.exists()
    visitor.go_to("Everyone")
    expect(visitor.field).to_be_editable()
    visitor.page.unroute("**/uploads_controller*.js")  # also continues the held requests
    files.wait_until_uploaded(visitor, 1)
    visitor.go_to("Design")
    visitor.sees("Only text")
    visitor.sees_all_sent()
    expect(visitor.field).to_have_value("")
    assert not Message.objects.get().attachments.exists()


def test_the_field_is_free_while_a_message_waits_for_its_files(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    routes = []
    ana.page.route("**/uploads/", lambda route: route.continue_() if routes else routes.append(route))
    files.choose(ana, files.data("report.bin", 1000))
    ana.field.press_sequentially("The report")
    ana.page.keyboard.press("Enter")
    waiting = ana.message("The report")
    expect(waiting).to_contain_class("is-pending")
    expect(waiting.locator(".tray__file")).to_contain_text("report")
    expect(files.tray(ana)).to_have_count(1)
    expect(ana.field).to_have_value("")
    ana.page.keyboard.type("By the way")
    ana.page.keyboard.press("Enter")
    files.choose(ana, files.data("second.bin", 1000))
    expect(ana.page.locator("attachment-tray .tray__file")).to_have_attribute("data-state", "ready")
    ana.page.keyboard.type("A second one")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator(".msg:not(.is-pending) .msg__body")).to_have_text(["By the way", "A second one"])
    ana.page.keyboard.type("Half a sen")

    waiting.get_by_role("button", name="Cancel sending").click()
    expect(ana.field).to_be_focused()
    expect(ana.field).to_have_value("The report\n\nHalf a sen")
    expect(ana.page.locator("attachment-tray .tray__file")).to_have_count(1)
    ana.page.keyboard.press("Enter")
    expect(ana.field).to_have_value("")
    expect(ana.page.locator(".msg.is-pending")).to_have_count(1)
    routes[0].continue_()
    ana.sees_all_sent()
    assert [(each.body, each.attachments.count()) for each in Message.objects.order_by("seq")] == [
        ("By the way", 0),
        ("A second one", 1),
        ("The report\n\nHalf a sen", 1),
    ]


def test_a_waiting_message_is_discarded_with_its_files(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow("status of 413")
    full = {"code": "too_large", "detail": "You have 0 MB of 2 GB left."}
    ana.page.keyboard.type("Without success")
    routes = []
    ana.page.route("**/uploads/", lambda route: routes.append(route))
    with ana.page.expect_request("**/uploads/"):
        files.choose(ana, files.data("lost.bin", 1000))
    ana.field.press("Enter")
    expect(ana.message("Without success")).to_contain_class("is-pending")
    routes[0].fulfill(status=413, json=full)
    ana.page.locator(".msg.is-failed").get_by_role("button", name="Discard").click()
    expect(ana.page.locator("message-log .msg")).to_have_count(0)
    ana.page.reload()
    ana.wait_until_live()
    expect(ana.page.locator("message-log .msg")).to_have_count(0)
    assert not Message.objects.exists()


def test_the_next_tab_takes_over_the_files_of_a_closed_one(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow_connection_errors()
    files.SlowUpload(ana, 300_000)
    files.choose(ana, files.data("report.bin", 1_500_000))
    expect(files.tray(ana).locator(".tray__state")).to_have_text(re.compile("^[3-9]\\d\\d kB of 1.5 MB"))
    ana.page.close()
    ana.page = ana.new_tab(everyone)
    ana.wait_until_live()
    files.wait_until_uploaded(ana, 1)
    assert Attachment.objects.get().size == 1_500_000
    ana.send("Begun in another tab")
    ana.sees("Begun in another tab")
    expect(ana.page.locator(".file .filename")).to_have_text("report.bin")


def test_a_waiting_message_is_posted_as_sent_whatever_another_tab_drafts(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    make_room("Workshop", owner=ana)
    at_ana = enter(uvicorn, ana).open(everyone)
    routes = []
    at_ana.page.route("**/uploads/", lambda route: routes.append(route))
    files.choose(at_ana, files.text("plan.txt", "One"))
    expect(files.tray(at_ana)).to_have_count(1)
    at_ana.send("Here is the plan")
    expect(at_ana.message("Here is the plan")).to_contain_class("is-pending")
    at_ana.go_to("Workshop")
    expect(at_ana.field).to_have_value("")
    tab = at_ana.new_tab(everyone)
    at_ana.wait_until_live(tab)
    field = tab.locator("message-composer textarea")
    expect(field).to_have_value("")
    field.press_sequentially("By the way, I thi")

    at_ana.go_to("Everyone")
    expect(at_ana.field).to_have_value("By the way, I thi")
    at_ana.page.get_by_role("button", name="Cancel sending").click()
    expect(at_ana.field).to_have_value("Here is the plan\n\nBy the way, I thi")
    at_ana.send("Here is the plan")
    expect(field).to_have_value("")  # the tabs share one draft, which was just emptied
    field.press_sequentially("By the way, I think")
    at_ana.go_to("Workshop")
    for route in routes:
        route.continue_()
    expect(tab.locator(".msg__body")).to_have_text(["Here is the plan"])
    expect(field).to_have_value("By the way, I think")
    at_ana.go_to("Everyone")
    at_ana.sees_all_sent()
    expect(at_ana.field).to_have_value("By the way, I think")
    assert [message.attachments.count() for message in Message.objects.all()] == [1]


def test_a_message_that_waits_in_a_closed_tab_is_sent_beside_the_other_tabs_draft(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    other = ana.new_tab(everyone)
    ana.wait_until_live(other)
    ana.page.bring_to_front()
    ana.page.route("**/uploads/", lambda route: None)
    files.choose(ana, files.data("report.bin", 1000))
    expect(files.tray(ana)).to_have_count(1)
    ana.send("The report")
    expect(ana.message("The report")).to_contain_class("is-pending")
    left, ana.page = ana.page, other
    ana.field.press_sequentially("By the w")
    left.close()
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    ana.sees("The report")
    ana.sees_all_sent()
    expect(ana.field).to_have_value("By the w")
    assert [(each.body, each.attachments.count()) for each in Message.objects.all()] == [("The report", 1)]


def test_a_waiting_message_is_posted_while_another_room_is_open(uvicorn, enter, register, everyone):
    mira = register("Mira Sol")
    make_member(make_room("Design", owner=register("Ana Ferreira")), mira)
    visitor = enter(uvicorn, mira).open(everyone)
    visitor.watch.allow_connection_errors()
    upload_limit = files.SlowUpload(visitor, 400_000)
    files.choose(visitor, files.data("report.bin", 800_000))
    visitor.send("In the background")
    visitor.go_to("Design")
    expect(files.tray(visitor)).to_have_count(0)
    upload_limit.unlimit()
    visitor.go_to("Everyone")
    visitor.sees("In the background")
    visitor.sees_all_sent()
    expect(visitor.field).to_have_value("")
    expect(visitor.page.locator(".file .filename")).to_have_text("report.bin")


def test_a_failed_upload_keeps_the_draft(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow("status of 507")
    full = {"code": "disk_full", "detail": "The server is out of disk space. Let an admin know."}
    files.choose(ana, files.image("kept.png"))
    files.wait_until_uploaded(ana, 1)
    ana.page.route("**/uploads/", lambda route: route.fulfill(status=507, json=full))
    files.choose(ana, files.data("lost.bin", 1000))
    lost = files.tray(ana, "lost.bin")
    expect(lost.locator(".tray__state")).to_have_text(full["detail"])
    ana.send("With two files")
    refusal = ana.page.locator(".tray__errors")
    expect(refusal).to_have_text("“lost.bin” didn’t upload: try it again or remove it, then send the message.")
    ana.page.unroute("**/uploads/")
    lost.get_by_role("button", name="Try again").click()
    expect(refusal).to_be_empty()
    files.wait_until_uploaded(ana, 2)
    expect(ana.field).to_have_value("With two files")
    assert not Message.objects.exists()
    ana.field.press("Enter")
    ana.sees("With two files")
    ana.sees_all_sent()
    assert Message.objects.get().attachments.count() == 2


def test_a_failed_upload_stops_its_waiting_message(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow("status of 413")
    routes = []
    ana.page.route("**/uploads/", lambda route: routes.append(route))
    with ana.page.expect_request("**/uploads/"):
        files.choose(ana, files.data("lost.bin", 1000))
    ana.send("Keep this")
    failed = ana.page.locator(".msg.is-failed")
    for attempt in range(2):
        expect(ana.message("Keep this")).to_contain_class("is-pending")
        routes[attempt].fulfill(status=413, json={"code": "too_large", "detail": "You have 0 MB of 2 GB left."})
        expect(failed).to_contain_text("Couldn’t send: “lost.bin” didn’t upload. You have 0 MB of 2 GB left.")
        expect(ana.field).to_have_value("")
        assert not Message.objects.exists()
        with ana.page.expect_request("**/uploads/") if not attempt else nullcontext():
            failed.get_by_role("button", name="Edit" if attempt else "Try again").last.click()
    expect(ana.field).to_have_value("Keep this")
    expect(failed).to_have_count(0)
    files.tray(ana).get_by_role("button", name="Remove").click()
    expect(ana.field).to_be_focused()
    ana.field.press("Enter")
    ana.sees("Keep this")
    ana.sees_all_sent()


def test_files_cannot_be_dropped_where_posting_is_not_allowed(uvicorn, enter, register, everyone):
    room = make_room("Garden", owner=register("Ana Ferreira"))
    make_member(room, mira := register("Mira Sol"))
    archive_room(actor=None, room=room)
    visitor = enter(uvicorn, mira).open(room)
    expect(visitor.page.get_by_role("button", name="Attach files")).to_be_hidden()
    transfer = visitor.page.evaluate_handle(files.MAKE, [{"name": "a.txt", "mimeType": "text/plain", "text": ""}])
    visitor.page.locator(".log__scroll").dispatch_event("dragover", {"dataTransfer": transfer})
    expect(visitor.page.locator(".drop")).to_be_hidden()
    visitor.page.locator(".log__scroll").dispatch_event("drop", {"dataTransfer": transfer})
    files.paste(visitor, files.text("b.txt", "b"))
    expect(files.tray(visitor)).to_have_count(0)
    assert not Attachment.objects.exists()


def test_attachments_pass_axe(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Mira Sol"), "Show me")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    inspector = Inspector(ana)
    ana.open(everyone)
    send_files(
        ana,
        files.image("one.png"),
        files.image("two.png"),
        files.text("totals.py", CODE),
        files.data(f"{LONG}.zip", 10),
    )
    files.choose(ana, files.image("three.png"), files.data(f"{LONG}.bin", 10))
    files.wait_until_uploaded(ana, 2)
    inspector.check("files in the conversation and the tray")
    files.tray(ana).get_by_role("button", name="Alt text").click()
    inspector.check("alt text")
    ana.page.keyboard.press("Escape")
    ana.page.locator(".thumbnail").first.click()
    expect(ana.page.locator("#lightbox")).to_be_visible()
    inspector.check("lightbox")
    assert inspector.findings == []
    ana.page.keyboard.press("Escape")
    ana.page.set_viewport_size(PHONE)
    assert ana.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert ana.page.evaluate("document.querySelector('.log__scroll').scrollWidth") == PHONE["width"]


def test_the_files_of_a_room_are_filtered_by_kind_person_and_name(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    old = post(everyone, ana, "An old one")
    for n in range(45):
        make_attachment(everyone, ana, name=f"sheet {n}.ods", message=old, position=n)
    at_mira = enter(uvicorn, mira).open(everyone)
    send_files(at_mira, files.image("harbour.png"), files.text("notes.txt", "Notes"))
    page = at_mira.page
    page.get_by_role("button", name="Files", exact=True).click()
    found, names = page.locator(".file-row"), page.locator(".file-row a.filename")
    expect(names.first).to_have_text("harbour.png")
    expect(found.first.locator("img")).to_be_visible()
    expect(found).to_have_count(40)
    names.last.scroll_into_view_if_needed()
    expect(found).to_have_count(47)

    page.get_by_label("Shared by").select_option("Mira Sol")
    expect(names).to_have_text(["harbour.png", "notes.txt"])
    page.get_by_label("Type", exact=True).select_option("Images")
    expect(names).to_have_text(["harbour.png"])
    page.get_by_label("Type", exact=True).select_option("All types")
    page.get_by_label("Shared by").select_option("From anyone")
    page.get_by_label("Search by file name").fill("HEET 44")
    expect(names).to_have_text(["sheet 44.ods"])
    page.get_by_label("Search by file name").fill("nothing like it")
    expect(page.locator(".room-files__status")).to_have_text("No matching files.")

    at_mira.watch.allow("status of 503")
    page.route(
        "**/rooms/*/files/**", lambda route: route.fulfill(status=503, json={"detail": "The database is unavailable."})
    )
    page.get_by_label("Search by file name").fill("")
    expect(page.locator(".room-files__status")).to_contain_text("The database is unavailable.")
    page.unroute("**/rooms/*/files/**")
    page.get_by_role("button", name="Retry").click()
    expect(found).to_have_count(40)
    names.first.click()
    expect(page.locator("#lightbox .filename")).to_have_text("harbour.png")
    page.keyboard.press("Escape")
    expect(names.first).to_be_focused()
    names.last.scroll_into_view_if_needed()
    found.last.get_by_role("link", name="Jump to message").click()
    expect(page.locator("#room-files")).to_be_hidden()
    expect(at_mira.message("An old one")).to_be_in_viewport()


def test_the_empty_list_of_files_passes_axe(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira")
    inspector = Inspector(ana)
    ana.open(everyone)
    ana.page.get_by_role("button", name="Files", exact=True).click()
    expect(ana.page.locator(".room-files__status")).to_have_text("No files shared yet.")
    ana.page.get_by_role("button", name="Close").click()
    send_files(ana, files.image("one.png"), files.data(f"{LONG}.zip", 10))
    ana.page.get_by_role("button", name="Files", exact=True).click()
    expect(ana.page.locator(".file-row")).to_have_count(2)
    inspector.check("files of the room")
    assert inspector.findings == []
