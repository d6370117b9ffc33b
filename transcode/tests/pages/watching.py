"""The pages of videos in the hands of a test, and clips for them."""

import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor
from tests.support.waiting import wait_until
from transcode.models import Video, VideoState

# What the player's element says of itself.
PLAYER = """() => {
  const media = document.querySelector("#player video");
  if (!media) return null;
  const quality = media.getVideoPlaybackQuality();
  return {
    at: media.currentTime, ready: media.readyState, width: media.videoWidth,
    height: media.videoHeight, frames: quality.totalVideoFrames, paused: media.paused,
  };
}"""


def at_videos(visitor: Visitor, user: Any) -> Page:
    """Sign in and open the list, live."""
    visitor.sign_in(user.email)
    page = visitor.goto("/videos/")
    live(page)
    return page


def live(page: Page) -> None:
    """Wait until the page's socket is open."""
    expect(page.locator("html")).to_have_attribute("data-connection", "open")


def send(page: Page, *paths: Path) -> None:
    """Choose files to be sent."""
    page.locator("#files").set_input_files([str(path) for path in paths])


def card(page: Page, name: str):
    """Return the card of a video in the list."""
    return page.locator("#list .video").filter(has_text=name)


def state(page: Page, words: str) -> None:
    """Wait until the open video has come to a state."""
    expect(page.locator("#video-state")).to_have_text(words)


def player(page: Page) -> dict[str, Any]:
    """Wait for the player and return what its element says of itself."""
    return wait_until(lambda: page.evaluate(PLAYER))


def play(page: Page) -> None:
    """Press the large button."""
    page.locator("#player .plyr__control--overlaid").click()


def watched(page: Page, seconds: float) -> dict[str, Any]:
    """Wait until that second of the video is reached, pictures decoded on the way."""

    def far_enough() -> dict[str, Any] | None:
        now = page.evaluate(PLAYER)
        return now if now and now["at"] >= seconds and now["frames"] > 0 else None

    return wait_until(far_enough)


def published(video: Video) -> Video:
    """Wait until a video is published; return it as it is then."""

    def is_over() -> bool:
        video.refresh_from_db()
        assert video.state != VideoState.TRANSCODING_FAILED, video.error
        return video.state == VideoState.PUBLISHED

    wait_until(is_over, timeout_s=200)
    return video


def uploaded(visitor: Visitor, user: Any, path: Path, access_token: Any, name: str = "clip"):
    """Upload a clip past the page; return the video."""
    import httpx

    answer = httpx.post(
        f"{visitor.url}/api/v1/video/upload",
        headers={"Authorization": f"Bearer {access_token(user)}"},
        files={"videoFile": (path.name, path.read_bytes())},
        data={"name": name},
        timeout=180,
    )
    assert answer.status_code == 201, answer.text
    return Video.objects.get(pk=answer.json()["video"]["uuid"])


def long_clip(folder: Path, duration_s: int = 14) -> Path:
    """Make a clip that no browser plays as it is, and that takes a while to encode."""
    path = folder / "slow to encode.avi"
    picture = f"testsrc2=size=1280x720:rate=30:duration={duration_s}"
    tone = f"sine=frequency=440:duration={duration_s}"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i",
         tone, "-c:v", "mpeg4", "-q:v", "5", "-c:a", "libmp3lame", str(path)],
        check=True,
    )  # fmt: skip
    return path
