"""What comes out of a request, from the form to the download (Media API contract, 10)."""

import json
import re
import shlex
import shutil
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from core.media.probe import probe
from core.tests.speech.spoken import LECTURE, RATE_HZ, spoken, word_accuracy, write_wav
from media_api import storage
from media_api.tests.engines.summaries import texts
from media_api.tests.pipeline.person import streams_of
from tests.support.clips import clip

SMALL = {"width": 320, "height": 180, "videoBitrate": 200}


@pytest.mark.case("media_api", 9)
def test_a_film_is_compressed(person):
    rid = person.ask("compress", clip("long_gop"), {"config": {"video": SMALL}})
    assert re.fullmatch(r"[0-9a-f]{32}", rid)
    assert person.status(rid)["status"] == 0
    assert person.work(rid)["status"] == 2

    assert person.archive(rid) == ["out.mp4"]
    form, streams = streams_of(rid, "out.mp4")
    video, audio = streams["video"], streams["audio"]
    assert (video["width"], video["height"], video["codec_name"]) == (320, 180, "h264")
    assert video["r_frame_rate"] == "24/1"
    assert (audio["codec_name"], audio["sample_rate"]) == ("mp3", "48000")
    assert float(form["duration"]) == pytest.approx(6.0, abs=0.2)


class Seen:
    """Looks at what lies in a scratch folder while somebody works there."""

    def __init__(self, rid):
        self.names, self._is_over = set(), threading.Event()
        self._folder = storage.data_folder(rid) / "scratch"
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        while not self._is_over.wait(0.02):
            self.names |= {path.name for path in self._folder.glob("*/*")}

    def stop(self):
        self._is_over.set()
        self._thread.join()
        return self.names


@pytest.mark.case("media_api", 10)
@pytest.mark.parametrize("bitrate", [200, 800])
def test_x265_meets_its_bitrate_in_two_passes(person, bitrate):
    config = {
        "preset": "ultrafast",
        "codecs": {"video": "libx265"},
        "video": {**SMALL, "videoBitrate": bitrate},
    }
    rid = person.ask("compress", clip("long_gop"), {"config": config})
    seen = Seen(rid)
    status = person.work(rid)

    assert status["status"] == 2
    assert "x265.stats" in seen.stop()
    _, streams = streams_of(rid, "out.mp4")
    assert streams["video"]["codec_name"] == "hevc"
    assert int(streams["video"]["bit_rate"]) == pytest.approx(bitrate * 1000, rel=0.2)


@pytest.mark.case("media_api", 11)
def test_a_film_without_sound_is_compressed_without_sound(person):
    rid, status = person.made("compress", clip("silent"), {"config": {"video": SMALL}})

    assert status["status"] == 2
    assert list(streams_of(rid, "out.mp4")[1]) == ["video"]


@pytest.mark.case("media_api", 13)
def test_sound_is_extracted_as_aac(person):
    audio = {"codec": "aac", "bitrate": 96, "sampleRate": 44100}
    rid, status = person.made("extract-audio", clip("landscape"), {"config": {"audio": audio}})

    assert status["status"] == 2
    answer, _ = person.download(rid, "audio/")
    assert answer.status_code == 200
    assert 'filename="audio.m4a"' in answer["Content-Disposition"]
    _, streams = streams_of(rid, "audio.m4a")
    assert (streams["audio"]["codec_name"], streams["audio"]["sample_rate"]) == ("aac", "44100")


def as_video(wav, tmp_path):
    """Return the speech as a film."""
    path = tmp_path / "speech.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=s=64x64:r=5", "-i",
         str(wav), "-shortest", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
         str(path)],
        check=True,
    )  # fmt: skip
    return path


def seconds(stamp):
    hours, minutes, rest = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@pytest.mark.case("media_api", 14)
def test_speech_becomes_text(person, tmp_path):
    wav, wanted = spoken(*LECTURE), {"language": "en", "formats": ["txt", "srt"]}
    rid, status = person.made("transcribe", wav, {"config": {"transcribe": wanted}})
    assert (status["status"], status["totalStages"]) == (2, 1)
    heard = re.findall(r"[a-z']+", person.text(rid).lower())
    assert word_accuracy(" ".join(LECTURE).split(), heard) >= 0.75

    srt = storage.output(rid, "transcription.srt").read_text()
    times = [seconds(stamp) for stamp in re.findall(r"\d+:\d+:\d+,\d+", srt)]
    assert len(times) >= 20
    assert all(a <= b for a, b in pairwise(times))
    assert 0 <= times[0] < times[-1] <= (wav.stat().st_size - 44) / 32_000 + 0.001

    film = as_video(spoken(LECTURE[0]), tmp_path)
    rid, status = person.made("transcribe", film, {"config": {"transcribe": wanted}})
    assert (status["status"], status["totalStages"]) == (2, 2)
    assert "lecture" in person.text(rid).lower()


def test_segments_are_kept_whatever_was_asked_for_and_are_no_part_of_the_archive(person):
    rid, status = person.made("transcribe", spoken(LECTURE[0]))

    assert status["status"] == 2
    assert person.archive(rid) == ["transcription.txt"]
    answer, body = person.download(rid, "segments/")
    assert answer.status_code == 200
    assert json.loads(body)["segments"][0]["words"]


def test_subtitles_that_are_fetched_are_those_of_the_archive(
    person, settings, configured, tmp_path
):
    settings.MEDIA_API_BACKENDS = {
        "transcription": {"farewell": "media_api.tests.pipeline.engines.Farewell"}
    }
    configured(auth={"required": False}, transcription={"backend": "farewell"})
    wav = write_wav(tmp_path / "bye.wav", [0] * 2 * RATE_HZ)
    wanted = {"formats": ["srt", "vtt", "json"]}
    rid, status = person.made("transcribe", wav, {"config": {"transcribe": wanted}})

    assert status["status"] == 2
    for name in ("srt", "vtt"):
        archived = storage.output(rid, f"transcription.{name}").read_bytes()
        assert re.search(rb"00:00:01.000 --> 00:00:02.000\n", archived)
        assert person.download(rid, f"subtitles/?format={name}")[1] == archived
    archived = json.loads(storage.output(rid, "transcription.json").read_text())
    assert json.loads(person.download(rid, "segments/")[1]) == archived
    assert list(archived) == ["language", "segments"]


def test_silence_becomes_a_text_that_says_so(person, tmp_path):
    silence = write_wav(tmp_path / "silence.wav", [0] * RATE_HZ)
    rid, status = person.made("transcribe", silence)

    assert status["status"] == 2
    assert person.text(rid) == "No words detected"


@pytest.fixture
def in_moscow(monkeypatch):
    """Have this process live at UTC+3."""
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.case("media_api", 25)
def test_the_time_that_it_took_is_told_whatever_the_workers_time_zone_is(person, in_moscow):
    rid = person.ask("extract-audio", clip("landscape"))
    began = time.monotonic()
    status = person.work(rid)
    took_s = time.monotonic() - began

    assert time.localtime().tm_gmtoff == 3 * 3600
    job = person.job(rid)
    assert 0 <= status["elapsedTime"] <= took_s + 1
    assert status["elapsedTime"] == int((job.finished_at - job.started_at).total_seconds())


@pytest.mark.case("media_api", 15)
def test_a_language_that_the_engine_cannot_do_is_refused(person):
    answer = person.post(
        "transcribe", spoken(LECTURE[0]), {"config": {"transcribe": {"language": "ru"}}}
    )

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "language_unsupported"


@pytest.mark.case("media_api", 16)
def test_a_text_is_summarised_out_of_its_own_sentences(person, text_file):
    article = texts.ARTICLE_1
    rid, status = person.made("summarize", text_file(article[:1024]))

    assert (status["status"], status["totalStages"]) == (2, 1)
    summary = person.text(rid, "summary")
    assert len(summary) < 1024
    sentences = [line[2:] for line in summary.splitlines() if line.startswith("- ")]
    assert sentences
    assert all(sentence in article[:1024] for sentence in sentences)


def test_an_engine_may_think_for_longer_than_a_lease_lasts(person, text_file, settings, configured):
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S = 2, 0.5
    settings.MEDIA_API_BACKENDS = {
        "summary": {"thinker": "media_api.tests.pipeline.engines.Thinker"}
    }
    configured(auth={"required": False}, summary={"backend": "thinker"})
    rid, status = person.made("summarize", text_file("One. Two. Three. Four. Five."))

    assert status["status"] == 2
    assert person.text(rid, "summary") == "One."


@pytest.mark.case("media_api", 18)
def test_a_picture_becomes_text(person, invoice):
    data = {"config": {"fileToText": {"language": "eng"}}}
    rid, status = person.made("file-to-text", invoice, data)

    assert status["status"] == 2
    assert {"Invoice", "number", "4711", "total", "99", "EUR"} <= set(person.text(rid).split())


@pytest.mark.case("media_api", 21)
def test_all_four_actions_run_in_the_contracts_order(person, tmp_path):
    film = as_video(spoken(LECTURE[0]), tmp_path)
    actions = ["summarize", "compress", "transcribe", "extract_audio", "compress"]
    data = {"actions": actions, "config": {"ffmpeg": {"preset": "ultrafast", "video": SMALL}}}
    rid, status = person.made("custom", film, data)

    assert (status["status"], status["curStage"], status["totalStages"]) == (2, 4, 4)
    assert person.job(rid).media_request.stages == [
        "extract_audio", "transcribe", "compress", "summarize",
    ]  # fmt: skip
    assert person.archive(rid) == ["audio.mp3", "out.mp4", "summary.md", "transcription.txt"]


def test_the_sound_of_a_film_is_decoded_once_for_its_two_uses(person, tmp_path, configured):
    configured(auth={"required": False}, show_ffmpeg_commands=True)
    film = as_video(spoken(LECTURE[0]), tmp_path)
    rid = person.ask("transcribe", film)
    seen = Seen(rid)
    status = person.work(rid)
    log = person.job(rid).attempts.get().log

    assert status["status"] == 2
    assert {"audio.mp3", "speech.wav"} <= seen.stop()
    assert log.count("ffmpeg ") == 1
    assert "pcm_s16le" in log


@pytest.mark.parametrize("codec", ["libmp3lame", "aac"])
def test_sound_is_decoded_once_for_its_two_uses_too(person, configured, codec):
    configured(auth={"required": False}, show_ffmpeg_commands=True)
    data = {"actions": ["extract_audio", "transcribe"], "config": {"audio": {"codec": codec}}}
    rid, status = person.made("custom", spoken(LECTURE[0]), data)

    assert (status["status"], status["totalStages"]) == (2, 2)
    assert person.job(rid).media_request.stages == ["transcribe", "extract_audio"]
    assert len(commands_of(person, rid)) == 1
    name = {"libmp3lame": "audio.mp3", "aac": "audio.m4a"}[codec]
    assert person.archive(rid) == [name, "transcription.txt"]
    assert "lecture" in person.text(rid).lower()
    whole = probe(spoken(LECTURE[0])).duration_s
    assert float(streams_of(rid, name)[0]["duration"]) == pytest.approx(whole, abs=0.2)


def commands_of(person, rid):
    """Return the commands in the log of a request's job, as a shell reads them."""
    lines = person.job(rid).attempts.get().log.splitlines()
    return [shlex.split(line) for line in lines if line.startswith("ffmpeg ")]


def test_whole_commands_are_logged_for_the_operator_and_name_no_folder(
    person, tmp_path, configured
):
    configured(auth={"required": False}, show_ffmpeg_commands=True)
    config = {"preset": "ultrafast", "video": SMALL}
    film, _ = person.made("compress", clip("landscape"), {"config": config})
    sound, _ = person.made("transcribe", spoken(LECTURE[0]))

    passes, decodings = commands_of(person, film), commands_of(person, sound)
    assert (len(passes), len(decodings)) == (2, 1)
    assert str(storage.root()) not in person.job(film).attempts.get().log
    shutil.copy(clip("landscape"), tmp_path / "raw.mp4")
    shutil.copy(spoken(LECTURE[0]), tmp_path / "raw.wav")
    for command in (*passes, *decodings):
        assert "-protocol_whitelist" in command
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert probe(tmp_path / "out.mp4").video.width == 320
    assert (tmp_path / "speech.wav").is_file()


def test_commands_are_not_logged_unless_the_operator_wants_them(person):
    rid, _ = person.made("extract-audio", clip("wav"))

    assert commands_of(person, rid) == []


def test_the_input_and_what_was_made_on_the_way_go_with_the_end(person, persistence):
    rid, _ = person.made("extract-audio", clip("wav"))

    assert not storage.data_folder(rid).exists()
    assert {path.name for path in storage.out_folder(rid).iterdir()} == {"audio.mp3"}
    assert {path.stat().st_mode & 0o777 for path in storage.out_folder(rid).iterdir()} == {0o600}
    assert Path(persistence / "data").is_dir()
