"""What every journey to a published video has to show, whoever encoded it."""

import json
import subprocess

PUBLISHED = 1


def decode(url):
    """Play a master from beginning to end, as a player does."""
    words = ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", url, "-f", "null", "-"]
    subprocess.run(words, check=True, timeout=180)


def frames_until_published(socket):
    """Return `(progress, state)` of every frame up to the publication."""
    seen = []
    while not seen or seen[-1][1] != PUBLISHED:
        frame = json.loads(socket.recv(timeout=180))
        body = frame["videos"][0] if "videos" in frame else frame.get("video", frame)
        seen.append((body["progress"], body["state"]["id"]))
    return seen


def check_ladder(door, person, video):
    """Every job is done, every rendition is there, and the master plays to its end."""
    jobs = person.jobs(video["uuid"])
    assert {job["state"]["id"] for job in jobs if job["type"].startswith("vod")} == {3}
    assert {file["resolution"]["id"] for file in video["files"]} == {0, 144, 240}
    assert video["playable"]
    decode(f"{door}{video['playback']['hlsUrl'].removeprefix(door)}")


def check_progress(seen):
    """The progress never fell, and 100 came with the publication and no sooner."""
    assert [progress for progress, _ in seen] == sorted(progress for progress, _ in seen)
    assert all((progress == 100) == (state == PUBLISHED) for progress, state in seen)
    assert seen[-1] == (100, PUBLISHED)
