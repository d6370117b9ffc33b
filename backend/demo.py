"""`make demo`: a platform of its own for a minute, and its client at work; nothing is left."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEECH = "good morning everyone and welcome to the second lecture of this course"
START_S, STOP_S = 180.0, 30.0


def main() -> int:
    """Show the client's commands; return the worst of their exit statuses."""
    with tempfile.TemporaryDirectory(prefix="medialoom-demo-") as name:
        folder = Path(name)
        clip, picture = make_clip(folder / "lecture.mp4"), make_picture(folder / "invoice.png")
        with platform(folder / "data") as (url, password):
            client = Shown(url, folder / "config")
            client.run("login", "--email", "admin@localhost", "--password-stdin", stdin=password)
            client.run("compress", clip, "--width", "320", "--height", "180", "-o", folder / "made")
            client.run("transcribe", clip, "--language", "en")
            client.run("ocr", picture, "--language", "eng")
            client.run("list")
        return client.worst


class Shown:
    """The client's command as somebody would type it, with what it prints."""

    def __init__(self, url: str, config: Path) -> None:
        self.worst = 0
        self._env = {**os.environ, "MEDIALOOM_URL": url, "XDG_CONFIG_HOME": str(config)}

    def run(self, *words: str | Path, stdin: str = "") -> None:
        """Type a command and wait for its end."""
        typed = [str(word) for word in words]
        print("\n$ medialoom", *typed, flush=True)  # noqa: T201
        command = [sys.executable, "-m", "medialoom", *typed]
        done = subprocess.run(command, cwd=ROOT, env=self._env, input=stdin, text=True, check=False)
        self.worst = max(self.worst, done.returncode)


def make_clip(path: Path) -> Path:
    """Make a film of some seconds in which somebody speaks."""
    sources = (f"flite=text='{SPEECH}':voice=rms", "testsrc2=size=640x360:rate=25")
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    command = ["ffmpeg", "-v", "error", *inputs, "-shortest", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path


def make_picture(path: Path) -> Path:
    """Make a picture with print in it."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (900, 120), "white")
    font = ImageFont.load_default(40)
    ImageDraw.Draw(picture).text((20, 30), "Invoice number 4711 total 99 EUR", "black", font)
    picture.save(path)
    return path


@contextmanager
def platform(data: Path) -> Iterator[tuple[str, str]]:
    """Run a platform on a free port; give its address and its administrator's password."""
    port, password = free_port(), secrets.token_urlsafe(12)
    data.mkdir()
    env = {
        **os.environ,
        "MEDIALOOM_DOTENV": "0",
        "DATA_DIR": str(data),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ADMIN_PASSWORD": password,
        "LOG_LEVEL": "WARNING",
    }
    print("Starting a platform ...", flush=True)  # noqa: T201
    with (data / "output").open("wb") as output:
        command = [sys.executable, "-m", "backend.run"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, data / "output")
        yield f"http://127.0.0.1:{port}", password
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_S)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    """Wait until server and workers are up. Raises: `SystemExit` when they will not be."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)  # nobody tells when it has started
    raise SystemExit(f"The platform did not start:\n{output.read_text()[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
