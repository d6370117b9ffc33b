"""The command: exit statuses, one sentence or one object for every error."""

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medialoom.cli import main
from medialoom.cli.settings import COMPRESS, CUSTOM, config_in
from medialoom.credentials import TokenFile, Tokens
from medialoom.tests.servers import socket_server
from medialoom.tests.test_watching import RID, says, sync

ROOT = Path(__file__).resolve().parents[2]
LOGIN, ME = "/api/v1/users/login/", "/api/v1/users/user/"


@pytest.fixture
def run(server, capsys, monkeypatch):
    """Return a function that runs the command against the server: `(status, stdout, stderr)`."""
    monkeypatch.setenv("MEDIALOOM_URL", server.url)

    def command(*words):
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("Some text.")
    return str(path)


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["compress"],
        ["compress", "no-such-file"],
        ["compress", "ftp://host/file"],
        ["status"],
        ["custom", __file__],
        ["summarize", __file__, "-o", __file__],
        ["summarize", __file__, "-o", f"{__file__}/made"],
        ["summarize", __file__, "-o", "/proc/self/made"],
        ["summarize", __file__, "-o", "made", "--no-wait"],
        ["transcribe", __file__, "--language", "xx"],
        ["list", "--limit", "0"],
        ["list", "--server", "nowhere"],
    ],
)
def test_wrong_usage_ends_with_2_and_asks_nothing(run, server, words):
    status, out, err = run(*words)

    assert (status, out, server.seen) == (2, "", [])
    assert len(err.splitlines()) == 1


def test_a_server_that_is_not_there_ends_with_4(run):
    status, _, err = run("list", "--json", "--server", "http://127.0.0.1:1")

    assert status == 4
    assert json.loads(err)["error"]["code"] == "unreachable"


@pytest.mark.parametrize(("answer", "status"), [(401, 5), (403, 5), (422, 2), (500, 1), (502, 4)])
def test_a_refusal_has_its_exit_status(run, server, answer, status):
    server.says("GET", "/api/v1/requests/", answer, {"detail": "Because."})

    assert run("list")[0] == status


def test_a_full_queue_is_one_sentence(run, server, note):
    server.says("POST", "/api/v1/summarize/", 503, {"detail": "Queue limit has been reached."})

    assert run("summarize", note) == (1, "", "Queue limit has been reached.\n")


def test_a_request_id_that_is_none_is_refused(run, server, note):
    server.says("POST", "/api/v1/summarize/", 200, {"rid": "../../../etc"})

    status, out, err = run("summarize", note, "--no-wait", "--json")

    assert (status, out) == (1, "")
    assert json.loads(err)["error"]["code"] == "bad_answer"


def test_a_wrong_password_is_not_remembered(run, server, monkeypatch, config):
    server.says("POST", LOGIN, 401, {"message": "Invalid email or password."})
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))

    status, _, err = run("login", "--email", "ada@example.org", "--password-stdin")

    assert status == 5
    assert "Invalid email or password." in err
    assert not config.exists()


def test_a_wrong_token_is_not_remembered(run, server, config):
    server.says("GET", ME, 401, {"detail": "No."})

    assert run("login", "--token", "wrong")[0] == 5
    assert not config.exists()


def test_a_logout_forgets_also_where_the_server_is_away(run, server):
    TokenFile().keep(server.url, Tokens("a", "r"))
    server.says("POST", "/api/v1/users/logout/", 500)

    assert run("logout")[0] == 1
    assert TokenFile().tokens_of(server.url) is None


def test_nobody_can_log_out_who_is_not_in(run):
    assert run("logout")[0] == 1


def test_the_environment_may_bring_the_token(run, server, monkeypatch):
    monkeypatch.setenv("MEDIALOOM_TOKEN", "brought")
    server.says("GET", "/api/v1/requests/", 200, {"results": [], "next": None})

    assert run("list")[0] == 0
    assert server.seen[-1][2]["Authorization"] == "Bearer brought"


def test_names_in_lists_cannot_steer_the_terminal(run, server):
    row = {"rid": RID, "status": 2, "type": "compress", "filename": "\x1b]0;owned\x07.mp4\nmore"}
    server.says("GET", "/api/v1/requests/", 200, {"results": [row], "next": None})

    _, out, _ = run("list")

    assert len(out.splitlines()) == 1
    assert out.strip().isprintable()


@pytest.mark.parametrize(
    ("code", "word"), [("no_audio_stream", "failed"), ("canceled_by_user", "canceled")]
)
def test_what_failed_is_not_called_canceled_in_a_list(run, server, code, word):
    rows = [{"rid": RID, "status": 4, "error": {"code": code, "message": "Why."}}]
    server.says("GET", "/api/v1/requests/", 200, {"results": rows, "next": None})

    assert word in run("list")[1]


def test_a_list_goes_on_to_the_next_page_and_ends_at_its_limit(run, server):
    rows = [{"rid": RID, "status": 2}] * 3
    server.says("GET", "/api/v1/requests/", 200, {"results": rows, "next": "more"})

    _, out, _ = run("list", "--limit", "7", "--json", "--status", "finished")

    assert len(out.splitlines()) == 7
    assert [call[1].partition("?")[2] for call in server.seen] == [
        f"page={page}&status=2" for page in (1, 2, 3)
    ]


def test_settings_go_where_the_route_looks_for_them(run, server, note):
    server.says("POST", "/api/v1/transcribe/", 200, {"rid": RID})

    words = ("--language", "en", "--format", "srt", "--format", "vtt")
    assert run("transcribe", note, "--no-wait", *words) == (0, f"{RID}\n", "")

    sent = server.seen[-1][3].decode()
    wanted = {"transcribe": {"language": "en", "formats": ["srt", "vtt"]}}
    assert json.dumps({"config": wanted}) in sent
    assert 'filename="note.txt"' in sent


def test_an_address_is_fetched_by_the_server(run, server):
    server.says("POST", "/api/v1/custom/", 200, {"rid": RID})

    run("custom", "https://a.example/x.mp4", "--action", "compress", "--width", "64", "--no-wait")

    assert json.loads(server.seen[-1][3]) == {
        "config": {"ffmpeg": {"video": {"width": 64}}},
        "actions": ["compress"],
        "url": "https://a.example/x.mp4",
    }


def test_the_same_work_is_followed_where_it_is_queued_already(run, server, note):
    server.says("POST", "/api/v1/summarize/", 409, {"detail": "Already queued", "rid": RID})

    status, out, err = run("summarize", note, "--no-wait")

    assert (status, out) == (0, f"{RID}\n")
    assert "already" in err


def test_a_lost_answer_makes_no_second_request(run, server, note):
    route = "/api/v1/summarize/"
    server.on("POST", route, lambda it: it.drop(), lambda it: it.say(200, {"rid": RID}))

    assert run("summarize", note, "--no-wait")[0] == 0

    first, second = (call[2]["Idempotency-Key"] for call in server.calls("POST"))
    assert first == second


def test_what_is_left_out_is_left_to_the_server():
    chosen = {one.name: () if one.is_many else None for one in (*COMPRESS, *CUSTOM)}

    assert config_in(CUSTOM, chosen) == {}
    assert config_in(COMPRESS, {**chosen, "set_preset": "fast", "set_fps": 0}) == {
        "preset": "fast",
        "video": {"fps": 0},
    }


@pytest.mark.parametrize(
    ("ends", "status"), [((2,), 0), ((3,), 3), ((4,), 1), ((5,), 1), ((2, 3, 4), 1)]
)
def test_the_worst_end_is_the_exit_status(run, ends, status):
    rids = [letter * 32 for letter in "abc"[: len(ends)]]
    frames = [sync(rid, end, pct=100) for rid, end in zip(rids, ends, strict=True)]

    with socket_server(says(*frames, asks=2 * len(rids))) as url:
        ended, out, _ = run("watch", *rids, "--json", "--server", url)

    assert ended == status
    assert [json.loads(line)["status"] for line in out.splitlines()] == list(ends)


def test_an_interrupted_watch_says_how_to_go_on():
    with socket_server(says(sync())) as url:
        # What a shell starts in the background ignores Ctrl-C, and so would our child.
        command = ["env", "--default-signal=INT", sys.executable, "-m", "medialoom"]
        command += ["watch", RID, "--json", "--server", url]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=180)

    assert process.returncode == 130
    told = json.loads(err)["error"]
    assert told["code"] == "interrupted"
    assert f"medialoom watch {RID}" in told["message"]


def test_a_terminal_shows_a_bar_for_each_stage():
    stages = (
        sync(),
        {"type": "stage", "rid": RID, "curStage": 2},
        sync(status=2, stage=2, pct=100),
    )
    screen, stderr = pty.openpty()
    with socket_server(says(*stages)) as url:
        command = [sys.executable, "-m", "medialoom", "watch", RID, "--server", url]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        process = subprocess.Popen(command, cwd=ROOT, stderr=stderr, env=environment)
        os.close(stderr)
        shown = b""
        with contextlib.suppress(OSError):  # how the end of a terminal reads
            while piece := os.read(screen, 2**16):
                shown += piece
        os.close(screen)

        assert process.wait(180) == 0
    assert b"stage 1/2" in shown
    assert b"stage 2/2" in shown
    assert shown.count(b"100 %") >= 2
    assert f"{RID}: finished.".encode() in shown


def test_the_help_of_every_command_names_its_options(run):
    for command in ("login", "compress", "ocr", "custom", "video upload", "watch", "download"):
        status, out, _ = run(*command.split(), "--help")
        assert status == 0
        assert "--json" in out
        assert "--server URL" in out


@pytest.mark.parametrize("command", ["", "video"])
def test_a_group_without_a_command_shows_its_help_in_lines(run, command):
    status, out, said = run(*command.split())

    assert (status, out) == (2, "")
    assert said.splitlines()[0].startswith(f"Usage: medialoom {command}".rstrip())
    assert "\nCommands:\n" in said
