"""What stops a start: one clear line, a status that is not 0, nothing left behind."""

import fcntl
import socket

import pytest

from tests.platform.launching import refusal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("MAX_UPLOAD_SIZE", "20 GiBi"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "no address"),
        ("REDIS_URL", "localhost:6379"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("METRICS_ALLOW", "10.0.0.0/99"),
        ("CORS_ALLOWED_ORIGINS", "example.org"),
        ("SECRET_KEY", "short"),
        ("AI_HOST", "example.org"),
        ("CORE_QNA_ENGINE", "http"),
        ("TRANSCODE_ENCODERS", "nvenc"),
        ("TRANSCODE_ENDED_CALLBACK", "no.such"),
        ("TRANSCODE_ENDED_CALLBACK", "os.sep"),
    ],
)
def test_a_malformed_value_stops_the_start_with_one_line_that_names_it(tmp_path, name, value):
    status, text = refusal(tmp_path / "var", **{name: value})

    assert status == 2
    assert len(text.strip().splitlines()) == 1
    assert name in text


def test_settings_that_contradict_each_other_stop_the_start(tmp_path):
    status, text = refusal(tmp_path / "var", JOB_LEASE_S="5", JOB_HEARTBEAT_S="10")

    assert status == 2
    assert text.strip() == "JOB_LEASE_S must be at least twice JOB_HEARTBEAT_S."


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    status, text = refusal(tmp_path / "file" / "var")

    assert status == 2
    assert text.startswith("DATA_DIR")


def test_a_port_in_use_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        status, text = refusal(tmp_path / "var", PORT=str(port))

    assert status == 1
    assert text.strip() == f"Port {port} of 127.0.0.1 is in use: set PORT to another."


def test_an_address_of_another_machine_is_one_line(tmp_path):
    status, text = refusal(tmp_path / "var", HOST="203.0.113.7")

    assert status == 1
    assert len(text.strip().splitlines()) == 1
    assert text.startswith("HOST and PORT")


def test_a_database_that_does_not_answer_is_one_line(tmp_path):
    status, text = refusal(tmp_path / "var", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")

    assert status == 1
    assert len(text.strip().splitlines()) == 1
    assert text.startswith("DATABASE_URL")


def test_a_malformed_first_account_is_one_line(tmp_path):
    status, text = refusal(tmp_path / "var", ADMIN_EMAIL="not an address")

    assert status == 1
    assert text.strip() == "ADMIN_EMAIL must be an e-mail address."


def test_a_data_folder_held_by_another_platform_is_one_line(tmp_path):
    folder = tmp_path / "var"
    folder.mkdir()
    with (folder / "platform.lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)

        status, text = refusal(folder)

    assert status == 1
    assert text.strip() == f"Medialoom runs on {folder} already (process 4711)."


def test_a_long_data_folder_does_not_trust_a_folder_that_others_can_enter(tmp_path):
    deep = tmp_path / ("x" * 100)
    status, text = refusal(deep, DATABASE_URL="mysql://so/that/it/stops")
    assert status == 2, text
    from backend.settings.channels import _embedded_socket

    socket_folder = _embedded_socket(deep).parent
    socket_folder.chmod(0o777)
    try:
        status, text = refusal(deep)
    finally:
        socket_folder.rmdir()

    assert status == 2
    assert "is not ours alone" in text
