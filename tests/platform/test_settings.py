"""Settings: every reader refuses what is malformed, and the documents name every variable."""

import os
import re
import runpy
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.settings import env
from core.net.addresses import parse_allowed
from tests.support.running import ROOT

READERS = {
    "integer": lambda: env.integer("SOME", 3, minimum=1, maximum=9),
    "seconds": lambda: env.seconds("SOME", 1.5),
    "flag": lambda: env.flag("SOME", False),
    "choice": lambda: env.choice("SOME", "a", ["a", "b"]),
    "size": lambda: env.size_bytes("SOME", "1 KiB"),
    "networks": lambda: env.networks("SOME"),
    "names": lambda: env.names("SOME", check=parse_allowed),
    "origins": lambda: env.origins("SOME"),
    "zone": lambda: env.time_zone("SOME", "UTC"),
    "redis": lambda: env.redis_url("SOME"),
    "web": lambda: env.web_address("SOME"),
}


@pytest.fixture(autouse=True)
def _undeclared():
    yield
    env.DECLARED.pop("SOME", None)


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        *[("integer", value) for value in ("0", "10", "1.5", "one", "1e3", "--1")],
        *[("seconds", value) for value in ("-1", "nan", "inf", "soon")],
        *[("flag", value) for value in ("2", "maybe", "o")],
        *[("choice", value) for value in ("c", "A", "a b")],
        *[("size", value) for value in ("-1", "1 KB", "GiB", "1,5 GiB", "1 GiB x")],
        *[("networks", value) for value in ("10.0.0.0/33", "localhost", "10.0.0.1:80")],
        *[("names", value) for value in ("10.0.0.0/33", "localhost", "10.0.0.1:0", "::1, x")],
        *[("origins", value) for value in ("example.org", "ftp://x", "https://x/p", "//x")],
        *[("zone", value) for value in ("Mars", "../etc/passwd", "/etc/localtime")],
        *[("redis", value) for value in ("localhost:6379", "http://x", "unix://relative")],
        *[("web", value) for value in ("example.org", "ftp://x", "http://", "http://h:99999")],
        *[("web", value) for value in ("http://u:p@h", "http://h/?q", "http://h/#f")],
    ],
)
def test_a_malformed_value_is_refused_in_one_line_that_names_it(monkeypatch, reader, value):
    monkeypatch.setenv("SOME", value)

    with pytest.raises(ImproperlyConfigured) as refused:
        READERS[reader]()

    assert str(refused.value).startswith("SOME must be ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("reader", "value", "meaning"),
    [
        ("integer", " 7 ", 7),
        ("integer", "", 3),
        ("seconds", "0.25", 0.25),
        ("flag", "Yes", True),
        ("flag", "off", False),
        ("choice", "b", "b"),
        ("size", "20 GiB", 20 * 2**30),
        ("size", "1.5KiB", 1536),
        ("size", "1048576", 2**20),
        ("origins", "https://a.example, http://b:8080/", ["https://a.example", "http://b:8080"]),
        ("web", "http://127.0.0.1:9000/ai/", "http://127.0.0.1:9000/ai"),
        ("names", " 10.1.0.0/16,[::1]:90 ,", ["10.1.0.0/16", "[::1]:90"]),
        ("zone", "Europe/Paris", "Europe/Paris"),
        ("redis", "rediss://h:6380/1", "rediss://h:6380/1"),
    ],
)
def test_a_sound_value_is_read(monkeypatch, reader, value, meaning):
    monkeypatch.setenv("SOME", value)

    assert READERS[reader]() == meaning


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("TRANSCODE_ENCODERS", value) for value in ("nvenc", "libx264,mpeg4")],
        *[("TRANSCODE_PUBLIC_URL", value) for value in ("videos.example.org", "ftp://x")],
        *[("TRANSCODE_STALL_SECONDS", value) for value in ("0", "vod=0", "inf", "nan", "vod")],
        *[("TRANSCODE_STALL_SECONDS", value) for value in ("live=nan", "films=3", "-1")],
        *[("TRANSCODE_PATH_ROOTS", value) for value in ("/srv/in", "in/../x", "in/{name}/")],
        ("MEDIA_API_YANDEX_API", "cloud-api.yandex.net"),
    ],
)
def test_a_setting_refuses_what_it_cannot_use(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=f"^{name} must be "):
        read_anew(name)


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("TRANSCODE_ENCODERS", "h264_vaapi, libx264", ["h264_vaapi", "libx264"]),
        ("TRANSCODE_PUBLIC_URL", "https://videos.example.org/", "https://videos.example.org"),
        ("TRANSCODE_PATH_ROOTS", "shared/,in/{user}", ["shared/", "in/{user}"]),
        ("MEDIA_API_YANDEX_API", "", "https://cloud-api.yandex.net"),
    ],
)
def test_a_setting_takes_what_it_can_use(monkeypatch, name, value, meaning):
    monkeypatch.setenv(name, value)

    assert read_anew(name) == meaning


def test_stall_seconds_are_one_number_or_one_for_each_class(monkeypatch):
    monkeypatch.setenv("TRANSCODE_STALL_SECONDS", "7.5")
    assert set(read_anew("TRANSCODE_STALL_SECONDS").values()) == {7.5}
    monkeypatch.setenv("TRANSCODE_STALL_SECONDS", "vod=9")
    assert read_anew("TRANSCODE_STALL_SECONDS")["vod"] == 9.0
    monkeypatch.setenv("TRANSCODE_STALL_SECONDS", "")
    assert read_anew("TRANSCODE_STALL_SECONDS")["live"] == 30.0


def read_anew(name):
    """Return a setting as a process that starts now reads it."""
    module = "media_api" if name.startswith("MEDIA_API") else "transcode"
    return runpy.run_path(str(ROOT / "backend" / "settings" / f"{module}.py"))[name]


def test_networks_take_addresses_and_networks_of_both_families(monkeypatch):
    monkeypatch.setenv("SOME", "10.1.2.3/16, ::1, 127.0.0.1")

    assert [str(network) for network in env.networks("SOME")] == [
        "10.1.0.0/16",
        "::1/128",
        "127.0.0.1/32",
    ]


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path, monkeypatch):
    monkeypatch.delenv("SOME", raising=False)

    first = env.secret("SOME", tmp_path / "key")

    assert env.secret("SOME", tmp_path / "key") == first
    assert len(first) >= 64
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]


def test_a_short_key_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME", "too short")

    with pytest.raises(ImproperlyConfigured, match="SOME must be at least 32 bytes"):
        env.secret("SOME", tmp_path / "key")


def test_the_example_names_exactly_the_variables_that_are_read_with_their_defaults():
    text = (ROOT / ".env.example").read_text()
    shown = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=([^#\n]*?)[ \t]*(?:#.*)?$", text, re.MULTILINE))

    assert set(shown) == set(env.DECLARED)
    # What the machine decides is shown as a comment only.
    fixed = {name: value for name, value in env.DECLARED.items() if name != "WORKER_CONCURRENCY"}
    assert {name: shown[name] for name in fixed} == fixed


@pytest.mark.parametrize("page", ["configuration.md", "operations.md"])
def test_the_documentation_names_no_variable_that_is_not_read(page):
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`", text))

    assert named
    assert sorted(named - set(env.DECLARED)) == []


def test_a_comment_after_a_value_in_the_file_is_cut_and_the_environment_wins(tmp_path):
    script = tmp_path / "read.py"
    copy = tmp_path / "copy"
    (copy / "backend" / "settings").mkdir(parents=True)
    source = (ROOT / "backend" / "settings" / "env.py").read_text()
    (copy / "backend" / "settings" / "env.py").write_text(source)
    (copy / ".env").write_text("PORT=8123  # where it listens\nHOST=0.0.0.0\n")
    script.write_text(
        "import importlib.util as u\n"
        f"s = u.spec_from_file_location('env', {str(copy / 'backend/settings/env.py')!r})\n"
        "env = u.module_from_spec(s); s.loader.exec_module(env)\n"
        "print(env.integer('PORT', 1), env.text('HOST'))\n"
    )
    clean = {k: v for k, v in os.environ.items() if k not in {"MEDIALOOM_DOTENV", "PORT"}}

    done = subprocess.run(
        [sys.executable, str(script)],
        env={**clean, "HOST": "127.0.0.9"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["8123", "127.0.0.9"]


def test_a_misspelt_name_in_the_file_is_found(tmp_path, monkeypatch):
    monkeypatch.delenv("MEDIALOOM_DOTENV")
    file = tmp_path / ".env"
    file.write_text("# PORT=1\nPROT=9\nexport LOG_LEVEL=INFO\n DATA_DIR = ./x # the folder\n")

    assert env.unknown_in_file(file) == ["PROT"]


def test_a_number_out_of_bounds_names_both_bounds(monkeypatch):
    monkeypatch.setenv("SOME", "10")

    with pytest.raises(ImproperlyConfigured, match=r"^SOME must be .* from 1 to 9, not '10'\.$"):
        READERS["integer"]()
