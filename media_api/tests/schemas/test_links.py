"""The link of a request: Yandex Disk's alone, or any https where the settings allow it."""

import pytest

from media_api.config.schema import Config
from media_api.schemas.links import yandex_link
from media_api.tests.schemas.asking import YANDEX, asked, fault

ANY_LINK = Config(allow_remote_urls=True)
NOT_YANDEX = (
    "http://127.0.0.1/x",
    "https://disk.yandex.ru/i/short",
    "https://disk.yandex.ru/i/abcdefghij12345",
    "https://disk.yandex.ru/i/abcdefghij123/",
    "https://disk.yandex.ru/i1/abcdefghij1234",
    "https://disk.yandex.ru//abcdefghij1234",
    "https://disk.yandex.ru/abcdefghij1234",
    "https://disk.yandex.ru/i/x/abcdefghij1234",
    "https://disk.yandex.ru/i/abcdefghij1234//",
    "https://disk.yandex.ru/i/..%2f..%2fabcdef",
    "https://disk.yandex.ru/i/абвгдежзийклмн",
    "https://disk.yandex.ru.evil.com/i/abcdefghij1234",
    "https://evil.com/disk.yandex.ru/i/abcdefghij1234",
    "https://disk.yandex.ru@evil.com/i/abcdefghij1234",
    "https://evil.com\\@disk.yandex.ru/i/abcdefghij1234",
    "https://user@disk.yandex.ru/i/abcdefghij1234",
    "https://disk.yandex.ru:8443/i/abcdefghij1234",
    "https://disk.yandex.ru:80/i/abcdefghij1234",
    "https://disk.yandex.ru:x/i/abcdefghij1234",
    "https://disk.yandex.ru./i/abcdefghij1234",
    "https://xdisk.yandex.ru/i/abcdefghij1234",
    "https://disk。yandex。ru/i/abcdefghij1234",
    "ftp://disk.yandex.ru/i/abcdefghij1234",
    "//disk.yandex.ru/i/abcdefghij1234",
    "disk.yandex.ru/i/abcdefghij1234",
    "https://[::1",
    " https://disk.yandex.ru/i/abcdefghij1234",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("url", NOT_YANDEX)
def test_what_is_no_link_of_yandex_disk_is_refused_with_its_message(url: str) -> None:
    assert fault("compress", {"url": url}) == {
        "loc": ["body", "data", "url"],
        "msg": "Value error, Invalid Yandex Disk URL format",
        "type": "value_error",
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.mp4",
        "https://10.0.0.1/a.mp4",
        "https://127.1/a.mp4",
        "https://0x7f.1/a.mp4",
        "https://[::1]/a.mp4",
        "https://169.254.169.254/latest",
        "https://me:word@example.org/a.mp4",
        "https://example.org:22/",
        "file:///etc/passwd",
        "https:///a",
    ],
)
def test_other_links_where_they_are_allowed_must_not_lead_inside(url: str) -> None:
    found = fault("compress", {"url": url}, ANY_LINK)

    assert found["loc"] == ["body", "data", "url"]
    assert found["type"] == "value_error"
    assert url not in found["msg"]


@pytest.mark.parametrize(
    "url",
    [
        YANDEX,
        f"{YANDEX}/",
        f"{YANDEX}?utm_source=x#top",
        YANDEX.replace("disk.yandex.ru", "Disk.Yandex.RU"),
        YANDEX.replace(".ru/", ".ru:443/"),
        YANDEX.replace("https", "http"),
    ],
)
def test_the_spellings_of_one_link_are_one(url: str) -> None:
    assert asked("compress", {"url": url}).url == YANDEX


def test_both_hosts_of_yandex_disk_are_known() -> None:
    url = "https://disk.360.yandex.ru/d/AbC-_fghij1234"

    assert yandex_link(url) == url


def test_any_link_is_taken_as_it_is_where_that_is_allowed() -> None:
    url = "https://example.org/films/a.mp4?x=1"

    assert asked("compress", {"url": url}, ANY_LINK).url == url
    assert asked("compress", {"url": YANDEX + "/"}, ANY_LINK).url == YANDEX


def test_a_link_inside_is_taken_where_the_platform_allows_it() -> None:
    url = "http://127.0.0.1:9000/a.mp4"

    assert asked("compress", {"url": url}, ANY_LINK, allow=["127.0.0.1:9000"]).url == url
