"""What an upload has to be, by its content (section 6)."""

import http.server
import threading

import pytest

from core.errors import FieldErrors
from core.media.probe import MediaInfo, media_info, probe
from tests.support.clips import clip
from transcode.videos import intake
from transcode.videos.intake import inspect


def refused(path, filename=None):
    with pytest.raises(FieldErrors) as refusal:
        inspect(path, filename or path.name)
    assert list(refusal.value.fields) == ["videoFile"]
    assert str(path.parent) not in str(refusal.value)
    return refusal.value.code


@pytest.fixture
def web():
    """Return a server's address and the requests that it gets."""
    asked = []

    class Recorder(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()

    assert refused(path) == "empty_file"


@pytest.mark.parametrize(
    "name", ["a.txt", "a", "", "mp4", ".mp4", "a.m3u8", "a.mpd", "a.ffconcat", "a.sdp", "a.mp4.exe"]
)
def test_a_name_with_another_extension_is_refused_whatever_the_content(name):
    assert refused(clip("landscape"), name or "?") == "unsupported_extension"


def test_text_named_as_a_video_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("Hello\n" * 1000)

    assert refused(path) == "not_media"


@pytest.mark.parametrize("extension", [".mp4", ".mkv", ".ts", ".mp3"])
@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{address}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{address}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{address}'
        "</BaseURL></MPD>",
    ],
)
def test_a_playlist_under_any_name_is_refused_and_nothing_it_names_is_opened(
    text, extension, tmp_path, web
):
    address, asked = web
    path = tmp_path / f"a{extension}"
    for named in (f"{address}/a.mp4", "file:///etc/passwd", str(clip("landscape"))):
        path.write_text(text.replace("{address}", named))

        assert refused(path) == "not_media"
    assert asked == []


def test_a_video_that_is_cut_off_is_refused():
    assert refused(clip("truncated")) == "not_media"


def test_a_picture_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(clip("picture").read_bytes())

    assert refused(path) == "not_media"


def test_a_video_longer_than_allowed_is_refused(settings):
    settings.TRANSCODE_MAX_DURATION = 1

    assert refused(clip("landscape")) == "too_long"


def changed(**stream):
    """Return what a probe would say of a clip with another picture."""
    raw = probe(clip("landscape")).raw
    for each in raw["streams"]:
        if each["codec_type"] == "video":
            each.update(stream)
    return media_info(raw)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ({"width": 8193, "height": 2}, "picture_too_large"),
        ({"width": 2, "height": 100_000}, "picture_too_large"),
        ({"width": 4096, "height": 4096, "sample_aspect_ratio": "4:1"}, "picture_too_large"),
        ({"width": 0, "height": 0, "coded_width": 0, "coded_height": 0}, "not_media"),
        ({"avg_frame_rate": "1/20", "r_frame_rate": "1/20"}, "invalid_frame_rate"),
        ({"avg_frame_rate": "0/0", "r_frame_rate": "0/0"}, "invalid_frame_rate"),
    ],
)
def test_pictures_that_would_cost_too_much_or_show_nothing_are_refused(stream, code):
    with pytest.raises(FieldErrors) as refusal:
        intake.require_acceptable(changed(**stream))

    assert refusal.value.code == code


def test_neither_picture_nor_sound_is_refused():
    info = MediaInfo(1.0, 1, None, ("mov",), None, None, (), False, {})

    with pytest.raises(FieldErrors) as refusal:
        intake.require_acceptable(info)
    assert refusal.value.code == "no_streams"


def test_no_duration_is_refused():
    raw = {**probe(clip("landscape")).raw, "format": {"duration": "0"}}
    for stream in raw["streams"]:
        stream.pop("duration", None)

    with pytest.raises(FieldErrors) as refusal:
        intake.require_acceptable(media_info(raw))
    assert refusal.value.code == "invalid_duration"


@pytest.mark.parametrize(
    ("name", "width", "height", "has_audio"),
    [
        ("landscape", 640, 360, True),
        ("portrait", 360, 640, True),
        ("rotated", 360, 640, True),
        ("odd", 321, 181, True),
        ("anamorphic", 640, 360, False),
        ("silent", 640, 360, False),
        ("webm", 320, 180, True),
        ("mpegts", 640, 360, True),
        ("mkv", 640, 360, True),
        ("ten_bit", 640, 360, True),
        ("variable_rate", 640, 360, False),
    ],
)
def test_what_is_accepted_is_described_as_it_is_shown(name, width, height, has_audio):
    columns = inspect(clip(name), clip(name).name).columns()

    assert (columns["width"], columns["height"]) == (width, height)
    assert (columns["has_video"], columns["has_audio"]) == (True, has_audio)


@pytest.mark.parametrize("name", ["audio_only", "mp3", "wav", "cover"])
def test_a_sound_has_no_picture_size_even_with_a_cover(name):
    columns = inspect(clip(name), clip(name).name).columns()

    assert (columns["width"], columns["fps"], columns["has_video"]) == (None, None, False)
    assert columns["has_audio"]


def test_the_content_decides_what_a_wrongly_named_video_is():
    assert inspect(clip("mkv"), "really.MP4").columns()["width"] == 640


def test_key_frames_are_looked_for_only_where_a_copy_is_possible():
    assert inspect(clip("landscape"), "a.mp4").keyframe_gap_s == pytest.approx(1.0, abs=0.1)
    assert inspect(clip("long_gop"), "a.mp4").keyframe_gap_s == pytest.approx(5.0, abs=0.1)
    assert inspect(clip("webm"), "a.webm").keyframe_gap_s is None
    assert inspect(clip("late_audio"), "a.mp4").keyframe_gap_s is None


def test_endless_titles_are_not_kept_and_what_tells_the_turn_is():
    raw = {
        "format": {"duration": "1", "tags": {"title": "x" * 200_000}},
        "streams": [{"codec_type": "video", "tags": {"rotate": "90", "title": "y" * 1000}}],
    }

    kept = intake.kept_probe(raw)

    assert kept == {
        "format": {"duration": "1"},
        "streams": [{"codec_type": "video", "tags": {"rotate": "90"}}],
    }


def test_what_no_database_keeps_is_taken_out_of_titles():
    kept = intake.kept_probe({"format": {"tags": {"title": "a\0b\ud800"}}, "streams": []})

    assert kept["format"]["tags"]["title"] == "ab�"
