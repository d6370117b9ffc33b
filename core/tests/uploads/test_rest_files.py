"""Downloads: bytes, ranges, conditions, headers; pages as pictures; texts as files."""

import io
import json
import subprocess

import httpx
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from core.api.downloads import HOP_BYTES
from core.tests.uploads.conftest import UPLOADS, bytes_of, tiny_png
from core.tests.uploads.making import made, processed
from core.uploads import services, storage
from core.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


def pdf_of(*pages: Image.Image) -> bytes:
    return bytes_of(pages[0], "PDF", save_all=True, append_images=list(pages[1:]))


def noise(size=(900, 900)) -> bytes:
    """Return a picture of well over one hop."""
    return bytes_of(Image.effect_noise(size, 90), "PNG")


@pytest.fixture
def http(platform, user, access_token):
    """Return an HTTP client of the running platform: streams need a real server."""
    headers = {"Authorization": f"Bearer {access_token(user)}"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=180) as client:
        yield client


def address(upload, rest="image/"):
    return f"{UPLOADS}{upload.pk}/{rest}"


def test_the_stored_bytes_come_back_whole(http, user):
    content = noise()
    assert len(content) > 2 * HOP_BYTES
    upload = made(user, content, process=False, name="my scan.png")

    answer = http.get(address(upload))

    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["ETag"] == f'"{upload.image_hash}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Content-Disposition"] == 'inline; filename="my scan.png"'


@pytest.mark.case("core", 54)
def test_a_pdf_is_an_attachment_and_anothers_file_is_404(http, user, other_user):
    mine = made(user, pdf_of(Image.new("L", (100, 100), 255)), process=False, name="bill.png")
    theirs = made(other_user, process=False)

    answer = http.get(address(mine))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert http.get(address(theirs)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=0-99999999999", 0, None),
        ("bytes=-99999999999", 0, None),
        (f"bytes={HOP_BYTES - 1}-{HOP_BYTES + 1}", HOP_BYTES - 1, HOP_BYTES + 2),
    ],
)
def test_a_range_is_206_with_exactly_those_bytes(http, user, asked, start, stop):
    content = noise()
    upload = made(user, content, process=False)

    answer = http.get(address(upload), headers={"Range": asked})

    part = content[start:stop]
    first = len(content) + start if start < 0 else start
    assert answer.status_code == 206
    assert answer.content == part
    assert (
        answer.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    )
    assert answer.headers["Content-Length"] == str(len(part))


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=5-2", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(http, user, asked):
    upload = made(user, process=False)

    answer = http.get(address(upload), headers={"Range": asked})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{upload.size_bytes}"
    assert answer.content == b""


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,3-4", "pages=1-2", "bytes=a-b", "bytes=", "bytes=-", "bytes=" + "9" * 50 + "-"],
)
def test_what_is_no_single_range_is_answered_with_the_whole(http, user, asked):
    upload = made(user, process=False)

    answer = http.get(address(upload), headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, tiny_png())


@pytest.mark.parametrize("asked", ["bytes=0-3", "bytes=99999999-"])
def test_the_head_of_a_file_is_that_of_the_whole(http, user, asked):
    upload = made(user, process=False)

    answer = http.head(address(upload), headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(tiny_png()))


def test_a_range_of_an_older_file_is_answered_with_the_whole(http, user):
    upload = made(user, process=False)
    part = {"Range": "bytes=0-3"}

    older = http.get(address(upload), headers={**part, "If-Range": '"older"'})
    same = http.get(address(upload), headers={**part, "If-Range": f'"{upload.image_hash}"'})

    assert (older.status_code, same.status_code) == (200, 206)


@pytest.mark.parametrize("tag", ['"{hash}"', 'W/"{hash}"', '"x", "{hash}"', "*"])
def test_who_has_the_file_gets_304(http, user, tag):
    upload = made(user, process=False)

    answer = http.get(
        address(upload), headers={"If-None-Match": tag.format(hash=upload.image_hash)}
    )

    assert (answer.status_code, answer.content) == (304, b"")


def test_head_has_the_headers_and_no_body(http, user):
    upload = made(user, process=False)

    answer = http.head(address(upload))

    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(upload.size_bytes)
    assert answer.content == b""


def test_an_image_tag_of_any_browser_gets_its_picture(http, user):
    upload = made(user, process=False)

    assert http.get(address(upload), headers={"Accept": "image/avif"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ('a"b.png', r'inline; filename="a\"b.png"'),
        ("счёт.png", "inline; filename*=utf-8''%D1%81%D1%87%D1%91%D1%82.png"),
        ("page.html", 'inline; filename="page.png"'),
    ],
)
def test_names_are_quoted_and_end_as_the_content_does(api, user, name, disposition):
    upload = made(user, process=False, name=name)

    assert api.head(address(upload))["Content-Disposition"] == disposition


def test_nameless_files_are_called_by_their_hash(api, user):
    created = services.create_upload(
        owner=user, data={"image_file": ContentFile(tiny_png(), name=""), "process": False}
    )

    assert (
        created.upload.image_hash[:16] in api.head(address(created.upload))["Content-Disposition"]
    )


@pytest.mark.parametrize("prefix", ["/protected", "/protected/"])
def test_behind_nginx_the_file_is_only_named(api, user, settings, prefix):
    settings.ACCEL_REDIRECT_PREFIX = prefix
    upload = made(user, process=False)

    answer = api.get(address(upload))

    assert answer["X-Accel-Redirect"] == f"/protected/uploads/{upload.stored_name}"
    assert answer.content == b""
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_file_that_is_gone_is_503_and_names_no_path(api, user, settings):
    upload = made(user, process=False)
    storage.remove(upload.stored_name)

    answer = api.get(address(upload))

    assert answer.status_code == 503
    assert str(settings.DATA_DIR) not in answer.content.decode()


def page(api, upload, number, **query):
    return api.get(address(upload, f"pages/{number}.png"), query)


def size_of(answer):
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(answer.content)).size


@pytest.mark.parametrize("number", [0, 2, 10**9])
def test_a_page_that_is_not_there_is_404(api, user, number):
    assert page(api, made(user, process=False), number).status_code == 404


@pytest.mark.parametrize("number", [3, 400])
def test_a_page_beyond_a_pdfs_end_is_404_before_anybody_counted(api, user, number):
    sheets = [Image.new("L", (100, 100), 255), Image.new("L", (100, 100), 0)]
    upload = made(user, pdf_of(*sheets), process=False)
    assert upload.page_count is None

    assert page(api, upload, number).status_code == 404


@pytest.mark.parametrize("width", ["x", "-5", "1.5", "999999"])
def test_a_width_that_is_none_is_400(api, user, width):
    assert page(api, made(user, process=False), 1, width=width).status_code == 400


def test_a_page_is_drawn_as_wide_as_asked_and_never_larger_than_it_is(api, user):
    upload = made(user, tiny_png(size=(600, 300)), process=False)

    assert size_of(page(api, upload, 1, width=200)) == (200, 100)
    assert size_of(page(api, upload, 1, width=4096)) == (600, 300)


def test_every_page_of_a_tiff_can_be_seen(api, user):
    sheets = [Image.new("L", (100 + n, 50), 40 * n) for n in range(3)]
    content = bytes_of(sheets[0], "TIFF", save_all=True, append_images=sheets[1:])
    upload = made(user, content, process=False)

    assert [size_of(page(api, upload, n))[0] for n in (1, 2, 3)] == [100, 101, 102]
    assert page(api, upload, 4).status_code == 404


def test_every_page_of_a_pdf_can_be_seen(api, user):
    sheets = [Image.new("L", (200, 100), shade) for shade in (255, 0)]
    upload = made(user, pdf_of(*sheets), process=False)

    assert size_of(page(api, upload, 2, width=300)) == (300, 150)


def test_a_page_stands_upright_as_its_camera_said(api, user):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = bytes_of(Image.new("RGB", (300, 100)), "JPEG", exif=exif)

    assert size_of(page(api, made(user, content, process=False), 1)) == (100, 300)


def test_a_page_is_drawn_again_only_for_who_has_it_not(api, user):
    upload = made(user, tiny_png(size=(600, 300)), process=False)
    path = address(upload, "pages/1.png")
    first = page(api, upload, 1, width=200)

    known = api.get(path, {"width": 200}, HTTP_IF_NONE_MATCH=first["ETag"])
    wider = api.get(path, {"width": 300}, HTTP_IF_NONE_MATCH=first["ETag"])

    assert first["Cache-Control"] == known["Cache-Control"] == "private, no-cache"
    assert not first["ETag"].startswith("W/")
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert size_of(wider) == (300, 150)
    assert wider["ETag"] != first["ETag"]


def test_a_page_that_is_kept_is_gone_with_its_upload(api, other_api, user):
    upload = made(user, process=False)
    kept = {"HTTP_IF_NONE_MATCH": page(api, upload, 1)["ETag"]}
    path = address(upload, "pages/1.png")
    assert api.get(path, **kept).status_code == 304
    assert other_api.get(path, **kept).status_code == 404

    services.delete_upload(owner=user, upload_id=upload.pk)

    assert api.get(path, **kept).status_code == 404


def test_a_page_that_cannot_be_decoded_is_400(api, user):
    content = bytearray(noise((400, 400)))
    content[200:-40] = bytes(len(content) - 240)
    upload = made(user, process=False)
    (storage.root() / upload.stored_name).write_bytes(content)

    answer = page(api, upload, 1)

    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable_image"


@pytest.mark.parametrize("form", ["html", "../md", "x"])
def test_an_unknown_form_of_text_is_400(api, user, form):
    assert api.get(address(processed(user), "text/"), {"format": form}).status_code == 400


@pytest.mark.parametrize(
    ("form", "text", "mime"),
    [
        ("md", "# Grüße", "text/markdown; charset=utf-8"),
        ("txt", "Grüße", "text/plain; charset=utf-8"),
        ("", "# Grüße", "text/markdown; charset=utf-8"),
    ],
)
def test_the_text_is_a_file(api, user, form, text, mime):
    upload = processed(user, "# Grüße", name="letter.png")

    answer = api.get(address(upload, "text/"), {"format": form})

    assert answer.content.decode() == text
    assert answer["Content-Type"] == mime
    assert answer["Content-Disposition"] == f'attachment; filename="letter.{form or "md"}"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_json_form_has_pages(api, user):
    upload = processed(user)
    Upload.objects.update(pages=[{"page": 1, "blocks": []}])

    body = json.loads(api.get(address(upload, "text/"), {"format": "json"}).content)

    assert body["pages"] == [{"page": 1, "blocks": []}]
    assert (body["raw_text"], body["confidence"]) == ("Hello world", 91.5)


def test_reading_a_large_file_does_not_take_its_size_in_memory(http, platform, user):
    """256 MiB go through the server; its memory stays where it was."""
    size = 2**28
    upload = made(user, process=False)
    with (storage.root() / upload.stored_name).open("r+b") as file:
        file.truncate(size)

    def rss_kib():
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(platform.web.pid)], capture_output=True, check=True
        )
        return int(shown.stdout)

    http.get(address(upload), headers={"Range": "bytes=0-9"})
    before, read = rss_kib(), 0
    with http.stream("GET", address(upload)) as answer:
        for piece in answer.iter_raw():
            read += len(piece)
            if read > size // 2:
                break
        during = rss_kib()

    assert read > size // 2
    assert during - before < 64 * 1024
