"""Subtitles keep to their measures, whatever an engine says."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.speech.base import Segment, Transcript, Word
from core.speech.cues import cues

seconds = st.floats(0, 60)
texts = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.text("ab-> \n<&", min_size=1, max_size=120),
)
words = st.builds(Word, seconds, seconds, texts, st.floats(0, 1))


@st.composite
def segments(draw):
    spoken = draw(st.lists(words, max_size=6))
    text = draw(st.one_of(texts, st.just(" ".join(word.text for word in spoken))))
    return Segment(draw(seconds), draw(seconds), text, tuple(spoken))


transcripts = st.builds(
    Transcript,
    st.just("en"),
    st.lists(segments(), max_size=5).map(tuple),
    st.just("test"),
    st.one_of(st.none(), st.floats(0, 90)),
)


def said(*spoken, duration_s=None):
    """A transcript of segments, each a list of (start_s, end_s, text)."""
    listed = tuple(
        Segment(each[0][0], each[-1][1], " ".join(w[2] for w in each), _words(each))
        for each in spoken
    )
    return Transcript("en", listed, "test", duration_s)


def _words(spoken):
    return tuple(Word(start_s, end_s, text, 1.0) for start_s, end_s, text in spoken)


def evenly(text, start_s=0.0, each_s=0.3):
    return [
        (start_s + n * each_s, start_s + (n + 1) * each_s, word)
        for n, word in enumerate(text.split())
    ]


@settings(max_examples=60)
@given(transcripts)
def test_a_cue_has_one_or_two_lines_of_at_most_42_characters_with_something_in_them(transcript):
    for cue in cues(transcript):
        assert 1 <= len(cue.lines) <= 2
        assert all(line.strip() and len(line) <= 42 for line in cue.lines)
        # Nor can any pass for the times of a cue.
        assert not any("-->" in line or min(line) < " " for line in cue.lines)


@settings(max_examples=60)
@given(transcripts)
def test_cues_follow_each_other_inside_the_sound_for_one_to_seven_seconds_each(transcript):
    shown = cues(transcript)
    total_ms = round((transcript.duration_s or 1e6) * 1000)
    least_ms = 1000 if total_ms >= 1000 * len(shown) else 0
    assert all(least_ms <= cue.end_ms - cue.start_ms <= 7000 for cue in shown)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(shown))
    assert all(cue.start_ms >= 0 and cue.end_ms <= total_ms for cue in shown)


@settings(max_examples=60)
@given(st.lists(st.text("abcdef", min_size=1, max_size=60), min_size=1, max_size=60))
def test_nothing_that_was_said_is_lost(spoken):
    shown = cues(said(evenly(" ".join(spoken))))
    assert "".join(line for cue in shown for line in cue.lines).replace(" ", "") == "".join(spoken)


def test_nothing_said_is_no_cue():
    assert cues(Transcript("en", (), "test", 9.0)) == []


def test_a_segment_of_blanks_is_no_cue():
    assert cues(Transcript("en", (Segment(0, 2, " \n "),), "test")) == []


def test_a_sentence_is_shown_while_it_is_spoken():
    assert cues(said([(2.0, 2.5, "Good"), (2.5, 3.25, "morning.")])) == [
        (2000, 3250, ("Good morning.",))
    ]


def test_two_lines_are_of_a_similar_length():
    shown = cues(said(evenly("when you open the web page your computer sends it", each_s=0.2)))
    assert [cue.lines for cue in shown] == [
        ("when you open the web page", "your computer sends it"),
    ]


def test_a_long_sentence_is_shown_in_several_cues_at_the_times_of_its_words():
    text = "one two three four five six seven eight nine ten " * 4
    shown = cues(said(evenly(text, each_s=0.3)))
    assert len(shown) == 3
    assert shown[1].start_ms == shown[0].end_ms == len(" ".join(shown[0].lines).split()) * 300


def test_slow_speech_is_cut_after_seven_seconds():
    shown = cues(said(evenly("so very slow he is", each_s=3.0)))
    assert [(cue.start_ms, cue.end_ms) for cue in shown] == [
        (0, 6000),
        (6000, 12000),
        (12000, 15000),
    ]


def test_a_word_drawn_out_for_longer_is_not_shown_to_its_end():
    assert cues(said([(1.0, 12.0, "Ommm")])) == [(1000, 8000, ("Ommm",))]


def test_a_short_sentence_stays_for_a_second():
    shown = cues(said([(0.0, 0.3, "Yes.")], [(5.0, 5.2, "No.")], duration_s=9.0))
    assert [(cue.start_ms, cue.end_ms) for cue in shown] == [(0, 1000), (5000, 6000)]


def test_sentences_too_quick_to_be_read_are_shown_together():
    shown = cues(said([(0.0, 0.3, "Yes.")], [(0.5, 0.7, "No.")], [(4.0, 5.0, "Perhaps.")]))
    assert [cue.lines for cue in shown] == [("Yes. No.",), ("Perhaps.",)]


def test_the_last_word_of_a_sound_is_shown_a_little_earlier():
    assert cues(said([(9.7, 9.9, "Bye.")], duration_s=10.0)) == [(9000, 10000, ("Bye.",))]


def test_cues_before_the_last_one_make_room_for_it():
    shown = cues(
        said(evenly("x" * 40 + " " + "y" * 40, 8.0, 0.5), [(9.1, 9.2, "z" * 40)], duration_s=9.3)
    )
    assert [(cue.start_ms, cue.end_ms) for cue in shown] == [(7300, 8300), (8300, 9300)]


def test_more_than_fits_a_sound_is_shown_all_the_same():
    shown = cues(said(evenly(" ".join(["x" * 40] * 8), each_s=0.1), duration_s=0.8))
    assert [(cue.start_ms, cue.end_ms) for cue in shown] == [
        (0, 200),
        (200, 400),
        (400, 600),
        (600, 800),
    ]


def test_without_times_of_words_the_letters_share_the_segment():
    text = "aaaa bbbb cccc dddd " * 6
    shown = cues(Transcript("en", (Segment(10.0, 20.0, text),), "test"))
    assert [cue.start_ms for cue in shown] == [10000, 16667]
    assert shown[-1].end_ms == 20000


def test_marks_and_capitals_of_the_segment_are_shown():
    words = (Word(0, 0.5, "well", 1), Word(0.5, 1.5, "yes", 1))
    assert cues(Transcript("en", (Segment(0, 2, "Well, yes!", words),), "t"))[0].lines == (
        "Well, yes!",
    )


def test_a_word_longer_than_a_line_goes_on_in_the_next():
    shown = cues(said([(0.0, 2.0, "a" * 50)]))
    assert shown == [(0, 2000, ("a" * 42, "a" * 8))]
