"""The client and a real platform: from the login to the files on the disk."""

import io
import json

import pytest

from medialoom.cli import main
from medialoom.client import Client
from medialoom.uploads import SMALL_BYTES
from tests.support.clips import clip
from tests.support.fixtures import PASSWORD


@pytest.fixture
def run(platform, user, capsys, monkeypatch, tmp_path):
    """Return a function that runs the command as somebody who has logged in."""
    monkeypatch.setenv("MEDIALOOM_URL", platform.url)

    def command(*words):
        status = main([*words, "--json"])
        said = capsys.readouterr()
        return status, [json.loads(line) for line in (said.out + said.err).splitlines()]

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert command("login", "--email", user.email, "--password-stdin")[0] == 0
    return command


def test_what_is_asked_for_on_the_command_line_comes_back(run, tmp_path):
    small = ("--width", "64", "--height", "36", "--preset", "ultrafast")
    status, refusal = run("compress", str(clip("landscape")), "--width", "65")
    assert (status, refusal[-1]["error"]["code"]) == (2, "refused")

    status, told = run("compress", str(clip("landscape")), *small, "-o", str(tmp_path / "made"))

    assert status == 0
    assert [line["path"] for line in told if "path" in line] == [str(tmp_path / "made/out.mp4")]
    assert (tmp_path / "made" / "out.mp4").stat().st_size > 1000
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["out.mp4"]
    rid = told[0]["rid"]
    assert [row["rid"] for row in run("list")[1]] == [rid]

    # MP4 lets anything follow: the same film, but too large for one piece.
    large = tmp_path / "large.mp4"
    large.write_bytes(clip("landscape").read_bytes())
    with large.open("ab") as file:
        file.truncate(SMALL_BYTES + 1)
    status, told = run("extract-audio", str(large), "--codec", "aac", "-o", str(tmp_path / "sound"))
    assert status == 0
    assert (tmp_path / "sound" / "audio.m4a").exists()

    assert run("delete", rid)[0] == 0
    assert run("status", rid) == (
        1,
        [{"rid": rid, "status": 5, "curStage": -1, "totalStages": -1, "pct": 0}],
    )
    assert run("logout")[0] == 0
    assert run("list")[0] == 5


def test_python_gets_the_text_of_a_summary(platform, user, access_token, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text(
        "Networks move data. Routers read addresses. Packets may be lost. They are sent again."
    )

    with Client(platform.url, access_token(user)) as client:
        made = client.summarize(note)
        result = made.result()

        assert (result["status"], result["outputs"]) == (2, ["summary"])
        said = [line[2:] for line in made.text("summary").splitlines() if line.startswith("- ")]
        assert said
        assert all(sentence in note.read_text() for sentence in said)
