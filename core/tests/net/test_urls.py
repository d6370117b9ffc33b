"""What is refused by the text of an address, before anything is looked up."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.net.errors import ForbiddenAddress
from core.net.urls import check_url

FORBIDDEN = [
    *("", "/", "x", "https://", "https:///x", "//example.org/", "https:example.org"),
    *("http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x/", "data:,x"),
    *("javascript:alert(1)", "unix:///run/x.sock", "HTTP://example.org"),
    *("https://example.org:8443/", "https://example.org:80/", "https://example.org:0/"),
    *("https://ada@example.org/", "https://ada:secret@example.org/", "https://:x@example.org/"),
    *("https://8.8.8.8@127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://0x7f.1/"),
    *("https://2130706433/", "https://0177.0.0.1/", "https://0x7f000001/", "https://127.0.0.1./"),
    *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/"),
    *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/"),
    *("https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://0/"),
    *("https://10.0.0.1/", "https://192.168.1.1/", "https://100.64.1.1/", "https://224.0.0.1/"),
    *("https://1.2.3.4.5/", "https://256.1.1.1/", "https://exa mple.org/", "https://[::1/"),
    *("https://example.org\n/", "https://example.org/\r\nX: y", "https://ex\0ample.org/"),
    *("https://%31%32%37.0.0.1/", "https://１２７.0.0.1/", "https://example.org:99999/"),
    *("https://\ud800.org/", "https://" + "a" * 9000 + ".org/"),
    *("-https://example.org/", "https://①②⑦.⓪.⓪.①/"),
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_what_can_be_seen_to_be_forbidden_is_refused(url):
    with pytest.raises(ForbiddenAddress) as refused:
        check_url(url)

    assert refused.value.code == "source_forbidden"
    assert "127" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "https://example.org:443/a?b=c#d", "HTTPS://EXAMPLE.ORG/", "https://8.8.8.8/",
     "https://[2606:4700::1111]/x", "https://bücher.example/", "https://a.example/@/:x"],
)  # fmt: skip
def test_https_to_the_public_is_taken(url):
    check_url(url)


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("http://127.0.0.1:9000/v1", True),
        ("https://127.0.0.1:9000/v1", True),
        ("http://localhost:9000/v1", True),
        ("http://0x7f.1:9000/", True),
        ("http://127.0.0.1:9001/", False),
        ("http://localhost:9001/", False),
        ("http://127.0.0.1/", False),
        ("http://x@127.0.0.1:9000/", False),
        ("ftp://127.0.0.1:9000/", False),
        ("http://[::ffff:127.0.0.1]:9000/", False),
    ],
)
def test_what_the_operator_named_is_taken_too(url, is_fine):
    if is_fine:
        check_url(url, allow=["127.0.0.1:9000"])
    else:
        with pytest.raises(ForbiddenAddress):
            check_url(url, allow=["127.0.0.1:9000"])


@given(st.one_of(st.text(), st.text().map("https://".__add__), st.text().map("https://[".__add__)))
def test_no_text_at_all_does_more_than_be_refused(url):
    with contextlib.suppress(ForbiddenAddress):
        check_url(url)
