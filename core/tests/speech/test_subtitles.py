"""Transcripts as files."""

import json
import re
import subprocess

import pytest
from hypothesis import given, settings

from core.speech.base import NO_WORDS, Segment, Transcript, Word, sentence
from core.speech.subtitles import as_json, as_kept, as_srt, as_vtt, cues, read_kept
from core.tests.speech.test_cues import said, transcripts

TWO = said(
    [(0.0, 0.5, "Good"), (0.5, 1.25, "morning.")],
    [(3601.5, 3602.0, "A"), (3602.0, 3603.0, "<b> & c.")],
)
EMPTY = Transcript("en", (), "test")


def test_subrip_is_numbered_and_has_commas_in_its_times():
    assert as_srt(TWO) == (
        "1\n00:00:00,000 --> 00:00:01,250\nGood morning.\n\n"
        "2\n01:00:01,500 --> 01:00:03,000\nA <b> & c.\n\n"
    )


def test_webvtt_has_points_in_its_times_and_no_mark_up():
    assert as_vtt(TWO) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nGood morning.\n\n"
        "01:00:01.500 --> 01:00:03.000\nA &lt;b&gt; &amp; c.\n"
    )


def test_subtitles_of_nothing_are_files_all_the_same():
    assert as_srt(EMPTY) == ""
    assert as_vtt(EMPTY) == "WEBVTT\n"


@settings(max_examples=40)
@given(transcripts)
def test_every_block_of_subrip_is_one_cue(transcript):
    blocks = as_srt(transcript).split("\n\n")[:-1]
    assert len(blocks) == len(cues(transcript))
    for number, block in enumerate(blocks, start=1):
        first, times, *lines = block.split("\n")
        assert first == str(number)
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", times)
        assert lines
        assert all(lines)


@settings(max_examples=40)
@given(transcripts)
def test_no_text_can_break_out_of_a_cue_of_webvtt(transcript):
    head, *blocks = as_vtt(transcript).removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    assert len(blocks) == len(cues(transcript))
    assert all("<" not in line for block in blocks for line in block.split("\n")[1:])


@pytest.mark.parametrize(("name", "write"), [("a.srt", as_srt), ("a.vtt", as_vtt)])
def test_ffmpeg_reads_the_files(name, write, tmp_path):
    (tmp_path / name).write_text(write(TWO), encoding="utf-8")
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_packets", "-of", "json", str(tmp_path / name)],
        check=True,
        capture_output=True,
    )
    packets = json.loads(done.stdout)["packets"]
    assert [float(packet["pts_time"]) for packet in packets] == [0.0, 3601.5]


def test_json_has_the_times_of_words_in_seconds():
    words = (Word(0.12345, 0.5, "good", 0.98765),)
    body = as_json(Transcript("en", (Segment(0.12345, 0.5, "Good.", words),), "test"))
    assert body == {
        "language": "en",
        "segments": [
            {
                "start": 0.123,
                "end": 0.5,
                "text": "Good.",
                "words": [{"start": 0.123, "end": 0.5, "word": "good", "confidence": 0.988}],
            }
        ],
    }


@settings(max_examples=40)
@given(transcripts)
def test_what_is_kept_can_be_read_again(transcript):
    body = json.loads(json.dumps(as_kept(transcript)))
    again = read_kept(body, backend="test")
    assert as_kept(again) == body
    assert again.duration_s == transcript.duration_s


def test_json_of_nothing_has_no_segment():
    assert as_json(EMPTY) == {"language": "en", "segments": []}


def test_what_an_older_version_has_kept_does_not_tell_how_long_the_sound_is():
    assert read_kept(as_json(EMPTY)) == Transcript("en", (), "")


def test_another_body_is_no_transcript():
    with pytest.raises(KeyError):
        read_kept({"segments": []})


def test_the_text_of_a_transcript_has_a_line_for_each_segment():
    assert TWO.text == "Good morning.\nA <b> & c."


def test_the_text_of_nothing_says_so():
    assert EMPTY.text == NO_WORDS == "No words detected"


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("good morning", "Good morning."),
        ("  good\n morning  ", "Good morning."),
        ("is it?", "Is it?"),
        ("ёлка", "Ёлка."),
        ("well…", "Well…"),
        ("2 of them", "2 of them."),
        (" ", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_a_full_stop(heard, written):
    assert sentence(heard) == written
