"""The file `config.yaml`: what is refused, what is read, and how it comes to be."""

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from media_api.config.file import ConfigError, create, load
from media_api.config.schema import Config, as_plain

SECRET = "sk-very-secret"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigError) as refused:
        load(written(folder, text), {})
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("requests_queue_size: many", "requests_queue_size", "'many'"),
        ("requests_queue_size: -1", "requests_queue_size", "-1"),
        ("requests_queue_size: 1.5", "requests_queue_size", "1.5"),
        ("requests_queue_size: true", "requests_queue_size", "True"),
        ("requests_queue_size:", "requests_queue_size", "None"),
        ("requestsQueueSize: [1]", "requests_queue_size", "[1]"),
        ("max_upload_bytes: 0", "max_upload_bytes", "0"),
        ("dev_mode: perhaps", "dev_mode", "'perhaps'"),
        ("ffmpeg: {preset: placebo}", "ffmpeg.preset", "'placebo'"),
        ("ffmpeg: {video: {width: 641}}", "ffmpeg.video.width", "641"),
        ("ffmpeg: {video: {videoBitrate: 49}}", "ffmpeg.video.video_bitrate", "49"),
        ("ffmpeg: {video: [1]}", "ffmpeg.video", "[1]"),
        ("ffmpeg: {codecs: {audio: opus}}", "ffmpeg.codecs.audio", "'opus'"),
        (
            "ffmpeg: {video: {audio_sample_rate: 96000}}",
            "ffmpeg.video.audio_sample_rate",
            "96000",
        ),
        ("transcription: {model: huge}", "transcription.model", "'huge'"),
        ("summary: {scope: MINE}", "summary.scope", "'MINE'"),
        ("summary: {backend: ../evil}", "summary.backend", "'../evil'"),
        ("summary: {base_url: 'file:///etc/passwd'}", "summary.base_url", "'file:///etc/passwd'"),
        ("websockets: {update_progress_interval: .nan}", "update_progress_interval", "nan"),
        ("local_files_roots: [relative]", "local_files_roots.0", "'relative'"),
        ("allow_local_files: true", "local_files_roots", "[]"),
    ],
)
def test_an_invalid_value_is_refused_in_one_line_that_names_key_and_value(
    tmp_path: Path, text: str, key: str, value: str
) -> None:
    said = refusal(tmp_path, text)

    assert said.startswith("config.yaml: ")
    assert f"{key}: " in said
    assert "\n" not in said
    assert value in said


@pytest.mark.parametrize(
    "text",
    [
        f"summary: {SECRET}",
        f"summary: [{SECRET}]",
        f"summary: {{gigachat_api_token: [{SECRET}]}}",
        f"summary: {{apiKey: {{a: {SECRET}}}}}",
        f"transcription: {{api_key: [{SECRET}]}}",
        f"summary: {{api_key: {SECRET}\nbroken: [",
        f"- {SECRET}",
        f"api_key: {SECRET}: {SECRET}",
        f"summary: !!python/object/apply:os.system [{SECRET}]",
        SECRET,
    ],
)
def test_a_refusal_shows_nothing_that_may_be_a_secret(tmp_path: Path, text: str) -> None:
    assert SECRET not in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"a: \x00",
        "a: b: c",
        "a: [",
        "!!python/object/apply:os.system ['true']",
        "[" * 20_000,
        "- 1",
        "just a word",
        "a: " + "x" * 2**20,
        "*unknown",
        "dev_mode: !!bool maybe",
        "requests_queue_size: !!int ''",
        "a: !!timestamp noon",
    ],
)
def test_what_is_no_yaml_with_keys_is_refused(tmp_path: Path, text: str | bytes) -> None:
    assert refusal(tmp_path, text).startswith("config.yaml ")


def test_another_extension_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the extension must be"):
        load(tmp_path / "config.yml", {})

    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_or_made_is_refused_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    (tmp_path / "file").write_text("")

    for path in (tmp_path / "config.yaml", tmp_path / "file" / "config.yaml"):
        with pytest.raises(ConfigError) as refused:
            load(path, {})
        assert str(tmp_path) not in str(refused.value)


def test_a_key_that_nothing_reads_gives_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"colour: red\nffmpeg: {{video: {{depth: 3}}}}\n1: 2\nsummary: {{apikee: {SECRET}}}"

    with caplog.at_level(logging.WARNING):
        config = load(written(tmp_path, text), {})

    assert config == Config()
    assert [message.rsplit(" ", 1)[1] for message in caplog.messages] == [
        "'colour'",
        "'ffmpeg.video.depth'",
        "'1'",
        "'summary.apikee'",
    ]
    assert SECRET not in caplog.text


def test_a_pipe_in_its_place_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")

    with pytest.raises(ConfigError, match="no file"):
        load(tmp_path / "config.yaml", {})


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "---\n"])
def test_an_empty_file_stands_for_all_defaults(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, text), {}) == Config()


def test_the_first_launch_writes_every_key_sorted_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "media_api" / "config.yaml"
    umask = os.umask(0)
    try:
        config = load(path, {})
    finally:
        os.umask(umask)

    data = yaml.safe_load(path.read_text())
    assert config == Config()
    assert data == as_plain(Config())
    assert list(data) == sorted(data)
    assert list(data["ffmpeg"]["video"]) == sorted(data["ffmpeg"]["video"])
    assert data["summary"]["gigachat_api_token"] == "<YOUR_TOKEN>"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_the_keys_and_defaults_are_those_of_the_contract() -> None:
    assert as_plain(Config()) == {
        "dev_mode": False,
        "show_ffmpeg_commands": False,
        "allow_local_files": False,
        "local_files_roots": [],
        "allow_remote_urls": False,
        "deduplicate": True,
        "file_read_chunk_size": 1048576,
        "requests_queue_size": 10,
        "worker_concurrency": 1,
        "job_timeout": 21600,
        "max_upload_bytes": 5368709120,
        "max_media_duration": 43200,
        "max_pixels": 33177600,
        "min_free_disk_bytes": 1073741824,
        "keep_failed_input_ttl": 3600,
        "ffmpeg": {
            "preset": "veryfast",
            "video": {
                "width": 1920,
                "height": 1080,
                "video_bitrate": 2500,
                "audio_bitrate": 320,
                "audio_sample_rate": 48000,
                "fps": 24,
            },
            "codecs": {"video": "libx264", "audio": "libmp3lame"},
        },
        "transcription": {
            "backend": "pocketsphinx",
            "fallback": "",
            "model": "small",
            "model_path": "",
            "base_url": "",
            "api_key": "",
            "http_model": "",
            "workers": 1,
        },
        "summary": {
            "backend": "textrank",
            "fallback": "",
            "model": "GigaChat-2-Pro",
            "scope": "GIGACHAT_API_PERS",
            "gigachat_api_token": "<YOUR_TOKEN>",
            "ca_file": "",
            "base_url": "",
            "api_key": "",
            "chat_model": "",
        },
        "cleanup": {
            "cleanup_interval": 3600,
            "request_files_ttl": 86400,
            "request_status_ttl": 3600,
        },
        "websockets": {
            "no_progress_updates": False,
            "update_progress_interval": 10,
            "max_subscriptions": 1000,
        },
        "auth": {"required": True},
        "limits": {"sockets_per_user": 256, "posts_per_minute": 300, "active_per_user": 0},
    }


def test_a_file_that_is_there_is_never_written(tmp_path: Path) -> None:
    path = written(tmp_path, "requests_queue_size: 3\n")
    path.chmod(0o640)

    create(path)

    assert path.read_text() == "requests_queue_size: 3\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_of_many_processes_that_launch_at_once_each_reads_a_whole_file(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom media_api.config.file import load\n"
        "print(load(Path(sys.argv[1]), {}).requests_queue_size)"
    )
    path = tmp_path / "media_api" / "config.yaml"
    command = [sys.executable, "-c", code, str(path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]

    assert [each.communicate()[0].split() for each in started] == [[b"10"]] * 3
    assert list(path.parent.iterdir()) == [path]


def test_both_spellings_of_a_key_are_read_and_numbers_as_text(tmp_path: Path) -> None:
    text = (
        'requestsQueueSize: "4"\nffmpeg: {preset: FAST, video: {videoBitrate: 99, video_bitrate: 1}'
        ", codecs: {audio: aac}}\nsummary: {gigachatApiToken: abc}\n"
    )

    config = load(written(tmp_path, text), {})

    assert config.requests_queue_size == 4
    assert config.ffmpeg.preset == "fast"
    assert config.ffmpeg.video.video_bitrate == 99
    assert config.ffmpeg.video.width == 1920
    assert config.summary.token == "abc"


def test_a_secret_of_the_environment_wins_and_never_shows(tmp_path: Path) -> None:
    path = written(tmp_path, "summary: {api_key: of-the-file, gigachat_api_token: kept}\n")
    secrets = {"summary.api_key": SECRET, "summary.gigachat_api_token": ""}

    config = load(path, secrets)

    assert config.summary.api_key.get_secret_value() == SECRET
    assert config.summary.token == "kept"
    assert SECRET not in repr(config) + str(config) + config.model_dump_json()
    assert "kept" not in repr(config)
    assert SECRET not in path.read_text()


def test_the_placeholder_is_no_token() -> None:
    assert Config().summary.token == ""
