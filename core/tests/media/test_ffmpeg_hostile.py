"""Files that are no media but tell ffmpeg what else to open: none reads a neighbour or calls out.

Each trap is first shown to work on an ffmpeg without the rules, so that a refusal proves something.
"""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import JobError
from core.media.errors import NotMedia
from core.media.ffmpeg import Input, ffmpeg
from core.media.probe import keyframes, probe
from tests.support.clips import clip


class _Server(http.server.ThreadingHTTPServer):
    """Gives a clip to whoever asks, and remembers that somebody did."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret.ts"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:  # the name is the library's
        self.server.asked.append(self.path)
        body = clip("mpegts").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def hls(address: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{address}\n#EXT-X-ENDLIST\n"


def ffconcat(address: str) -> str:
    return f"ffconcat version 1.0\nfile {address}\n"


def dash(address: str) -> str:
    return f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" minBufferTime="PT2S">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000">
<BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"""


def sdp(_address: str) -> str:
    return "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5 RTP/AVP 96\n"


LISTS = {"hls": hls, "ffconcat": ffconcat, "dash": dash, "sdp": sdp}
NAMES = ["film.mp4", "film.m3u8", "film.ts", "film.mkv", "-i.mp4"]


def trap(folder: Path, sort: str, address: str, name: str = "film.mp4") -> Path:
    shutil.copy(clip("mpegts"), folder / "neighbour.ts")
    path = folder / name
    path.write_text(LISTS[sort](address))
    return path


def opens_without_rules(path: Path, *options: str) -> bool:
    command = ["ffprobe", "-v", "error", *options, "-show_format", f"file:{path}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sort", LISTS)
def test_a_list_of_other_files_is_no_media_whatever_its_name(
    tmp_path: Path, sort: str, name: str
) -> None:
    with pytest.raises(NotMedia):
        probe(trap(tmp_path, sort, "neighbour.ts", name))


@pytest.mark.parametrize("sort", ["hls", "ffconcat"])
def test_the_list_of_protocols_alone_would_not_keep_a_neighbour_safe(
    tmp_path: Path, sort: str
) -> None:
    path = trap(tmp_path, sort, "neighbour.ts")
    assert opens_without_rules(path, "-protocol_whitelist", "file,pipe")
    with pytest.raises(NotMedia):
        probe(path)


@pytest.mark.parametrize("sort", ["hls", "ffconcat", "dash"])
def test_no_list_makes_a_call_to_a_server(tmp_path: Path, web: _Server, sort: str) -> None:
    path = trap(tmp_path, sort, web.url)
    everything = ["-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL"]
    opens_without_rules(path, *(everything if sort == "hls" else everything[:2]), *_unsafe(sort))
    assert web.asked, "the trap does not work"
    web.asked.clear()
    with pytest.raises(NotMedia):
        probe(path)
    with pytest.raises(NotMedia):
        keyframes(path)
    with pytest.raises(JobError):
        ffmpeg([Input(path)], ["-c", "copy", tmp_path / "out.mkv"])
    assert web.asked == []


def _unsafe(sort: str) -> list[str]:
    return ["-safe", "0"] if sort == "ffconcat" else []


@pytest.mark.parametrize("sort", LISTS)
def test_a_transcode_reads_no_neighbour_and_leaves_nothing(tmp_path: Path, sort: str) -> None:
    target = tmp_path / "out.mkv"
    with pytest.raises(JobError):
        ffmpeg([Input(trap(tmp_path, sort, "neighbour.ts"))], ["-c", "copy", target])
    assert not target.exists()


@pytest.mark.parametrize("sort", LISTS)
def test_a_list_behind_a_good_file_is_refused_too(tmp_path: Path, sort: str) -> None:
    inputs = [Input(clip("landscape")), Input(trap(tmp_path, sort, "neighbour.ts"))]
    with pytest.raises(JobError):
        ffmpeg(inputs, ["-map", "0", "-map", "1", "-c", "copy", tmp_path / "out.mkv"])


@pytest.mark.parametrize("forced", ["hls", "concat", "image2", "lavfi", "sdp", "tee"])
def test_a_demuxer_that_is_not_listed_cannot_be_forced(tmp_path: Path, forced: str) -> None:
    with pytest.raises(ValueError, match="is not allowed"):
        ffmpeg([Input(clip("landscape"), format=forced)], [tmp_path / "out.mkv"])


@pytest.mark.parametrize(
    "options",
    [
        ("-protocol_whitelist", "file,http,tcp"),
        ("-format_whitelist", "hls"),
        ("-f", "hls"),
        ("-i", "/etc/passwd"),
        ("-max_streams", "1000"),
    ],
)
def test_no_option_of_an_input_lifts_the_rules(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = trap(tmp_path, "hls", "neighbour.ts")
    with pytest.raises(ValueError, match="may not be given"):
        ffmpeg([Input(path, options)], [tmp_path / "out.mkv"])


@pytest.mark.parametrize("words", [["-i", "/etc/passwd"], ["-format_whitelist", "hls"]])
def test_no_word_of_the_output_opens_another_input(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(ValueError, match="may not be given"):
        ffmpeg([Input(clip("landscape"))], [*words, tmp_path / "out.mkv"])


def test_nothing_is_sent_to_an_address(web: _Server) -> None:
    with pytest.raises(ValueError, match="an address with http"):
        ffmpeg([Input(clip("mpegts"))], ["-c", "copy", "-f", "mpegts", web.url])
    with pytest.raises(ValueError, match="an input is a Path"):
        ffmpeg([Input(web.url)], ["-f", "null", "-"])
    assert web.asked == []


def test_an_address_is_read_only_where_its_protocol_is_allowed(web: _Server) -> None:
    ffmpeg(
        [Input(web.url)],
        ["-c", "copy", "-f", "null", "-"],
        protocols=frozenset(("file", "pipe", "http", "tcp")),
    )
    assert web.asked


def test_more_streams_than_are_allowed_are_refused_by_name(tmp_path: Path) -> None:
    many = tmp_path / "many.mkv"
    sound = ["-f", "lavfi", "-i", "anullsrc=d=0.1", *(["-map", "0:a"] * 65), "-c:a", "pcm_u8"]
    subprocess.run(["ffmpeg", "-v", "error", *sound, str(many)], check=True)
    with pytest.raises(NotMedia, match="more than 64 streams"):
        probe(many)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0" * 4096, b"just some text\n" * 50, b"#!/bin/sh\nrm -rf /\n", b"<html></html>"),
        *(b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"%PDF-1.7\n", b"PK\x03\x04" + b"\0" * 99),
        *(b"\0\0\0\x18ftypmp42" + b"\xff" * 99, b"\x1a\x45\xdf\xa3" + b"\xff" * 99),
    ],
)
def test_what_only_calls_itself_a_film_is_no_media(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(NotMedia) as refusal:
        probe(path)
    assert str(tmp_path) not in str(refusal.value)
