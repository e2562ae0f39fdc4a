"""The sandbox renders the first page of PDFs. A PDF that cannot be rendered has no thumbnail."""

import io

import pytest
from PIL import Image

from messaging.attachments.sandbox.inspector import Inspection, Inspector
from tests.hostile_files import one_page_pdf

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

PLAIN = Inspection(type="application/pdf", kind="pdf")


@pytest.fixture
def inspect(inspector, tmp_path):
    async def inspect_bytes(content: bytes) -> Inspection:
        path = tmp_path / "file"
        path.write_bytes(content)
        return await inspector.inspect(path, "paper.pdf", tmp_path / "renditions", 1)

    return inspect_bytes


def scanned(*colors: str, size: tuple[int, int] = (1240, 1754)) -> bytes:
    """Return a PDF with a page of each color."""
    file = io.BytesIO()
    first, *others = (Image.new("RGB", size, color) for color in colors)
    first.save(file, "PDF", save_all=True, append_images=others)
    return file.getvalue()


def billion_laughs(depth: int) -> bytes:
    """Return a page with a form that contains another form eight times, and so on."""
    forms = [
        b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>/Length 50>>stream\n"
        % (number, number + 1)
        + b"/X Do " * 8
        + b"\nendstream endobj"
        for number in range(5, 5 + depth)
    ]
    page = b"/Resources<</XObject<</X 5 0 R>>>>"
    return one_page_pdf(b"/X Do", page=page).replace(b"trailer", b"\n".join([*forms, b"trailer"]))


def thumbnail(found: Inspection) -> Image.Image:
    assert found.renditions.keys() == {"thumbnail"}
    image = Image.open(found.renditions["thumbnail"])
    assert image.size == (found.width, found.height)
    return image


async def test_first_page_is_rendered(inspect):
    found = await inspect(scanned("teal", "red"))
    image = thumbnail(found)
    assert (found.type, found.kind, image.format, image.size) == ("application/pdf", "pdf", "WEBP", (425, 600))
    assert image.convert("RGB").getpixel((200, 300)) == pytest.approx((0, 128, 128), abs=6)


@pytest.mark.parametrize("beginning", [b"\n\n", b"\r\n \t", b"\n" * 1019], ids=len)
async def test_header_may_follow_whitespace(inspect, beginning):
    assert thumbnail(await inspect(beginning + one_page_pdf(b""))).size == pytest.approx((424, 600), abs=1)


async def test_text_is_rendered_without_system_fonts(inspect):
    image = thumbnail(await inspect(one_page_pdf(b"BT /F 90 Tf 40 400 Td (Hello) Tj ET"))).convert("L")
    dark = sum(image.histogram()[:100])
    assert 500 < dark < image.width * image.height / 4


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("0 0 1920 1080", (800, 450)),
        ("0 0 10 10", (40, 40)),
        ("0 0 200000 200000", (600, 600)),
        ("0 0 1 14400", (1, 600)),
        ("0 0 0 0", (464, 600)),  # replaced by the size of a letter
    ],
)
async def test_pages_of_all_sizes_fit(inspect, box, size):
    assert thumbnail(await inspect(one_page_pdf(b"", box))).size == pytest.approx(size, abs=1)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"%PDF-1.7\n<script>alert(1)</script>",
        scanned("red")[:300],
        one_page_pdf(b"").replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
        one_page_pdf(b"").replace(b"/Count 1", b"/Count 0").replace(b"/Kids[3 0 R]", b"/Kids[]"),
        scanned("red").replace(b"trailer\n<<", b"trailer\n<</Encrypt<</Filter/Standard/V 1/R 2/P -1/O(x)/U(y)>>"),
    ],
    ids=["nothing", "script", "cut off", "endless", "no page", "encrypted"],
)
async def test_unrenderable_pdf_has_no_thumbnail(inspect, content):
    assert await inspect(content) == PLAIN


async def test_page_that_takes_too_long_has_no_thumbnail(tmp_path, monkeypatch):
    monkeypatch.setattr("messaging.attachments.sandbox.inspector.SLOW_SECONDS", 2.0)
    inspector = Inspector()
    (tmp_path / "file").write_bytes(billion_laughs(12))
    assert await inspector.inspect(tmp_path / "file", "paper.pdf", tmp_path / "renditions", 1) == PLAIN
    (tmp_path / "file").write_bytes(billion_laughs(2))
    assert (await inspector.inspect(tmp_path / "file", "paper.pdf", tmp_path / "renditions", 1)).width == 424
    await inspector.stop()


async def test_scripts_and_actions_are_ignored(inspect):
    catalog = b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AcroForm<</XFA(x)>>"
    page = b"/AA<</O<</S/Launch/F(/bin/sh)>>>>"
    image = thumbnail(await inspect(one_page_pdf(b"", catalog=catalog, page=page)))
    assert image.size == pytest.approx((424, 600), abs=1)
