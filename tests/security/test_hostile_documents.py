"""Documents made to hurt: drawn or refused, within limits, and never run by a browser."""

import io
import struct

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from core.errors import FieldErrors
from core.uploads.services import create_upload

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"
CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
SCRIPT = b"<script>alert(1)</script>"


def pdf(*objects: bytes) -> bytes:
    """Put a PDF together; the first object is its catalogue."""
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, len(body))
    )


def pages(kids: bytes, count: int = 1) -> bytes:
    """Return a node of the page tree."""
    return b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)


def boxed(box: bytes) -> bytes:
    """Return a PDF of one page with that box."""
    return pdf(CATALOGUE, pages(b"3 0 R"), PAGE.replace(b"[0 0 200 200]", box))


def tiff_that_leads_to_itself() -> bytes:
    """Return a TIFF whose only directory is also the one behind it."""
    tags = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0)]
    directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    return head + directory + struct.pack("<I", 8) + b"\0" * 16


def gif_with_a_frame_beyond_its_screen() -> bytes:
    """Return a GIF of 1 by 1 whose frame says 65,535 by 65,535."""
    screen = struct.pack("<6sHHBBB", b"GIF89a", 1, 1, 0, 0, 0)
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, 65535, 65535, 0)
    return screen + frame + b"\x02\x01\x00\x00\x3b"


def bmp_upside_down() -> bytes:
    """Return the header of a BMP of 30,000 by -30,000."""
    head = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, 30000, -30000, 1, 24, 0, 0, 0, 0, 0, 0)


def stored(user, content: bytes):
    """Take a document in without having it recognised."""
    data = {"image_file": ContentFile(content, "x.png"), "process": False}
    return create_upload(owner=user, data=data).upload


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (tiff_that_leads_to_itself(), "unreadable_image"),
        (gif_with_a_frame_beyond_its_screen(), "too_many_pixels"),
        (bmp_upside_down(), "too_many_pixels"),
        (b"%PDF-1.7\n", "unreadable_image"),
        (b"%PDF-1.7\n" + b"\0" * 10000, "unreadable_image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "unreadable_image"),
        (b"%!PS-Adobe\n(/etc/passwd) run", "unsupported_media"),
        (b"#EXTM3U\nfile:///etc/passwd", "unsupported_media"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "unsupported_media"),
    ],
)
def test_what_a_header_gives_away_is_refused_at_once(user, content, code):
    with pytest.raises(FieldErrors) as refusal:
        stored(user, content)

    assert refusal.value.code == code


def test_a_page_tree_in_a_circle_has_no_picture(api, user):
    upload = stored(user, pdf(CATALOGUE, pages(b"2 0 R")))

    answer = api.get(f"/api/v1/core/uploads/{upload.pk}/pages/1.png")

    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable_image"


@pytest.mark.parametrize(
    "box",
    [b"[0 0 1000000000 1000000000]", b"[0 0 1 14400000]", b"[0 0 0 0]", b"[0 0 nan 1e400]"],
)
def test_a_page_of_any_size_is_drawn_no_larger_than_asked_or_refused(api, user, box):
    upload = stored(user, boxed(box))

    answer = api.get(f"/api/v1/core/uploads/{upload.pk}/pages/1.png?width=64")

    if answer.status_code == 200:
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.width <= 64
        assert picture.height <= 32_000
    else:
        assert answer.json()["code"] == "unreadable_image"


def test_an_image_that_is_also_a_page_is_never_one_to_a_browser(api, user):
    picture = io.BytesIO()
    Image.new("L", (20, 20)).save(picture, "GIF")
    upload = stored(user, picture.getvalue() + SCRIPT)

    answer = api.get(f"/api/v1/core/uploads/{upload.pk}/image/")

    assert answer["Content-Type"] == "image/gif"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    answer.close()


@pytest.mark.parametrize(
    "name",
    [
        'a"b.png',
        "a\r\nSet-Cookie: x=1.png",
        "../../etc/passwd",
        "\u202egnp.exe",
        "\x1b[2J",
    ],
)
def test_no_file_name_leaves_its_header(api, user, name):
    picture = io.BytesIO()
    Image.new("L", (20, 20)).save(picture, "PNG")
    data = {"image_file": ContentFile(picture.getvalue(), "x"), "filename": name, "process": False}
    upload = create_upload(owner=user, data=data).upload

    answer = api.get(f"/api/v1/core/uploads/{upload.pk}/image/")

    disposition = answer["Content-Disposition"]
    assert disposition.startswith("inline; filename")
    assert disposition.isprintable()
    assert "/" not in upload.filename
    assert "Set-Cookie" not in answer.headers
    answer.close()
