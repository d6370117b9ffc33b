import pytest

from core.realtime.origins import is_allowed_origin


def allowed(origin, host="127.0.0.1:8000"):
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    return is_allowed_origin({"headers": headers})


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", ".loom.example"]
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example:8443"]
    settings.CORE_WS_ALLOWED_ORIGINS = []


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://evil.example/localhost",
        "file://localhost",
        "http://[::1",
        "http://localhost:99999",
        "https://app.example",
        "http://app.example:8443",
        "http://evilloom.example",
        "http://\xff",
    ],
)
def test_a_foreign_or_senseless_origin_is_refused(origin):
    assert not allowed(origin)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost",
        "http://localhost:3000",
        "https://127.0.0.1:8000",
        "http://[::1]:8000",
        "https://www.loom.example",
        "https://app.example:8443",
        "HTTPS://APP.EXAMPLE:8443",
    ],
)
def test_allowed_hosts_and_cors_origins_are_let_in(origin):
    assert allowed(origin)


def test_with_a_list_of_its_own_the_other_settings_do_not_count(settings):
    settings.CORE_WS_ALLOWED_ORIGINS = ["https://one.example", "*.two.example", ".three.example"]

    assert allowed("https://one.example")
    assert allowed("https://one.example:443")
    assert allowed("http://a.three.example:81")
    assert not allowed("http://one.example")
    assert not allowed("http://localhost:3000")


def test_the_page_of_the_serving_host_is_let_in_whatever_the_list(settings):
    settings.CORE_WS_ALLOWED_ORIGINS = ["https://one.example"]

    assert allowed("http://127.0.0.1:8000", host="127.0.0.1:8000")
    assert not allowed("http://127.0.0.1:9000", host="127.0.0.1:8000")


def test_a_host_header_that_is_not_allowed_lets_nobody_in():
    assert not allowed("http://rebound.example", host="rebound.example")


def test_two_origins_must_both_be_allowed():
    headers = [(b"origin", b"http://localhost"), (b"origin", b"http://evil.example")]

    assert not is_allowed_origin({"headers": headers})
