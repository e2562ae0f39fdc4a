"""PDFs: their first page is drawn by the confined process; one that cannot be drawn is a file with a name."""

import io

import pytest
from PIL import Image

from messaging.attachments.sandbox.inspector import Inspection

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN = Inspection(type="application/pdf", kind="pdf")


@pytest.fixture
def look(inspector, tmp_path):
    async def look_at(content: bytes) -> Inspection:
        path = tmp_path / "file"
        path.write_bytes(content)
        return await inspector.inspect(path, "paper.pdf", tmp_path / "made")

    return look_at


def scanned(*colours: str, size: tuple[int, int] = (1240, 1754)) -> bytes:
    """A page of each colour."""
    file = io.BytesIO()
    first, *others = (Image.new("RGB", size, colour) for colour in colours)
    first.save(file, "PDF", save_all=True, append_images=others)
    return file.getvalue()


def written(content: bytes, box: str = "0 0 595 842", catalog: bytes = b"", page: bytes = b"") -> bytes:
    """One page with this content; without a table of where things stand, which readers then make themselves."""
    parts = [
        b"%PDF-1.7",
        b"1 0 obj<</Type/Catalog/Pages 2 0 R" + catalog + b">>endobj",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R" % box.encode()
        + b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        + page
        + b">>endobj",
        b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj" % (len(content), content),
        b"trailer<</Root 1 0 R>>\n%%EOF",
    ]
    return b"\n".join(parts)


def laughing(depth: int) -> bytes:
    """A page that shows a form, which shows another one eight times, and so on."""
    forms = [
        b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>/Length 50>>stream\n"
        % (number, number + 1)
        + b"/X Do " * 8
        + b"\nendstream endobj"
        for number in range(5, 5 + depth)
    ]
    page = b"/Resources<</XObject<</X 5 0 R>>>>"
    return written(b"/X Do", page=page).replace(b"trailer", b"\n".join([*forms, b"trailer"]))


def drawn(found: Inspection) -> Image.Image:
    assert found.renditions.keys() == {"thumbnail"}
    picture = Image.open(found.renditions["thumbnail"])
    assert picture.size == (found.width, found.height)
    return picture


async def test_the_first_page_is_drawn(look):
    found = await look(scanned("teal", "red"))
    picture = drawn(found)
    assert (found.type, found.kind, picture.format, picture.size) == ("application/pdf", "pdf", "WEBP", (425, 600))
    assert picture.convert("RGB").getpixel((200, 300)) == pytest.approx((0, 128, 128), abs=6)


async def test_words_are_drawn_though_the_system_has_no_font_for_it(look):
    picture = drawn(await look(written(b"BT /F 90 Tf 40 400 Td (Hello) Tj ET"))).convert("L")
    dark = sum(picture.histogram()[:100])
    assert 500 < dark < picture.width * picture.height / 4


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("0 0 1920 1080", (800, 450)),
        ("0 0 10 10", (40, 40)),
        ("0 0 200000 200000", (600, 600)),
        ("0 0 1 14400", (1, 600)),
        ("0 0 0 0", (464, 600)),  # what is no size is taken for a letter's
    ],
)
async def test_pages_of_all_sizes_fit(look, box, size):
    assert drawn(await look(written(b"", box))).size == pytest.approx(size, abs=1)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"%PDF-1.7\n<script>alert(1)</script>",
        scanned("red")[:300],
        written(b"").replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
        written(b"").replace(b"/Count 1", b"/Count 0").replace(b"/Kids[3 0 R]", b"/Kids[]"),
        scanned("red").replace(b"trailer\n<<", b"trailer\n<</Encrypt<</Filter/Standard/V 1/R 2/P -1/O(x)/U(y)>>"),
    ],
    ids=["nothing", "script", "cut off", "endless", "no page", "locked"],
)
async def test_what_cannot_be_drawn_is_a_file_with_a_name(look, content):
    assert await look(content) == PLAIN


async def test_a_page_that_takes_too_much_is_given_up_and_the_next_is_drawn(look):
    assert await look(written(b"0 0 595 842 re f " * 3_000_000)) == PLAIN
    assert drawn(await look(scanned("teal"))).size == (425, 600)


async def test_a_page_that_takes_too_long_too(look, monkeypatch):
    monkeypatch.setattr("messaging.attachments.sandbox.inspector.JOB_SECONDS", 2.0)
    assert await look(laughing(12)) == PLAIN
    monkeypatch.undo()
    assert drawn(await look(laughing(2))).size == pytest.approx((424, 600), abs=1)


async def test_what_it_would_do_when_it_is_opened_it_does_not(look):
    does = b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AcroForm<</XFA(x)>>"
    launches = b"/AA<</O<</S/Launch/F(/bin/sh)>>>>"
    assert drawn(await look(written(b"", catalog=does, page=launches))).size == pytest.approx((424, 600), abs=1)
