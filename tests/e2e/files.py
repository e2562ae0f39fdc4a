"""Files for the browser tests, and ways to attach them."""

import base64
import wave
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import BrowserSession

File = dict[str, Any]  # in Playwright's form: name, mimeType, buffer

# Records a moving square for a second, as base64. With the codec Opus, a tone sounds.
RECORD = """async (mimeType) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const pen = canvas.getContext("2d");
  const stream = canvas.captureStream(25);
  if (mimeType.includes("opus")) {
    const context = new AudioContext();
    const sound = context.createMediaStreamDestination();
    const tone = context.createOscillator();
    tone.connect(sound);
    tone.start();
    stream.addTrack(sound.stream.getAudioTracks()[0]);
  }
  const recorder = new MediaRecorder(stream, { mimeType });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const stopped = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  for (let step = 0; step < 30; step += 1) {
    pen.fillStyle = `hsl(${step * 12} 80% 50%)`;
    pen.fillRect(step * 10, 40, 100, 100);
    await new Promise((done) => setTimeout(done, 40));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
MAKE = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, mimeType, text } of files) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: mimeType }));
  }
  return transfer;
}"""


def image(name: str = "harbour.png", size: tuple[int, int] = (1200, 800), color: str = "steelblue") -> File:
    image = Image.new("RGB", size, color)
    ImageDraw.Draw(image).ellipse((10, 10, size[0] // 2, size[1] // 2), outline="white", width=5)
    return _saved(image, name, "image/png")


def animated_image(name: str = "bouncing.gif") -> File:
    frames = [Image.new("RGB", (120, 80), color) for color in ("red", "green", "blue")]
    return _saved(frames[0], name, "image/gif", save_all=True, append_images=frames[1:], duration=80, loop=0)


def pdf(name: str = "plan.pdf", size: tuple[int, int] = (1240, 1754)) -> File:
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    pen.text((120, 120), "The plan", fill="black", font_size=90)
    for line in range(20):
        pen.text(
            (120, 300 + 60 * line),
            f"{line + 1}. What to do next, and who does it",
            fill="black",
            font_size=36,
        )
    return _saved(image, name, "application/pdf")


def audio(name: str, seconds: int) -> File:
    file = BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(8000)
        recording.writeframes(bytes(range(250)) * 32 * seconds)
    return {"name": name, "mimeType": "audio/wav", "buffer": file.getvalue()}


def video(page: Page, name: str) -> File:
    """Return a video recorded by the browser."""
    return {"name": name, "mimeType": "video/webm", "buffer": _recorded(page, "video/webm;codecs=vp8")}


def quicktime_video(page: Page, name: str, codec: bytes = b"avc1") -> File:
    """Return an H.264 video with sound that claims to use `codec`."""
    recorded = _recorded(page, "video/mp4;codecs=avc1.42E01E,opus").replace(b"avc1", codec)
    return {"name": name, "mimeType": "video/quicktime", "buffer": recorded[:8] + b"qt  " + recorded[12:]}


def text(name: str, content: str) -> File:
    return {"name": name, "mimeType": "text/plain", "buffer": content.encode()}


def data(name: str, size: int) -> File:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": bytes(n % 251 for n in range(size))}


def choose(visitor: BrowserSession, *files: File) -> None:
    """Choose files in the file dialog."""
    visitor.page.locator("#files").set_input_files(list(files))


def drop(visitor: BrowserSession, *files: File) -> None:
    """Drop files on the conversation."""
    transfer = _transfer(visitor.page, files)
    _drop(visitor.page.locator("main"), transfer)


def drop_on_thread(visitor: BrowserSession, *files: File) -> None:
    _drop(visitor.thread, _transfer(visitor.page, files))


def _drop(part: Locator, transfer: Any) -> None:
    messages = part.locator(".log__scroll")
    messages.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(part.locator(".drop")).to_be_visible()
    messages.dispatch_event("drop", {"dataTransfer": transfer})
    expect(part.locator(".drop")).to_be_hidden()


def paste(visitor: BrowserSession, *files: File) -> None:
    visitor.page.evaluate(
        """(data) => document.querySelector("message-composer textarea").dispatchEvent(
             new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""",
        _transfer(visitor.page, files),
    )


def tray(visitor: BrowserSession, name: str = "") -> Locator:
    """Return the rows of the attachment tray, or the one with this name."""
    rows = visitor.page.locator(".tray__file")
    return rows.filter(has_text=name) if name else rows


def wait_until_uploaded(visitor: BrowserSession, count: int) -> None:
    expect(visitor.page.locator('.tray__file[data-state="ready"]')).to_have_count(count)


class SlowUpload:
    """Limits a page's uploads to `rate` bytes per second, until `unlimit`."""

    def __init__(self, visitor: BrowserSession, rate: int) -> None:
        self._devtools = visitor.context.new_cdp_session(visitor.page)
        self._devtools.send("Network.enable")
        self._limit(rate)

    def unlimit(self) -> None:
        self._limit(-1)

    def _limit(self, rate: int) -> None:
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
        self._devtools.send("Network.emulateNetworkConditions", conditions)


def _transfer(page: Page, files: tuple[File, ...]) -> Any:
    transferred = [{**file, "text": base64.b64encode(file["buffer"]).decode(), "buffer": None} for file in files]
    return page.evaluate_handle(MAKE, transferred)


def _recorded(page: Page, media_type: str) -> bytes:
    return base64.b64decode(page.evaluate(RECORD, media_type))


def _saved(image: Image.Image, name: str, media_type: str, **options: Any) -> File:
    file = BytesIO()
    image.save(file, media_type.partition("/")[2].upper(), **options)
    return {"name": name, "mimeType": media_type, "buffer": file.getvalue()}
