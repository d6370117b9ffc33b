"""Where sentences end, in English and Russian, in prose, lists and transcripts."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_api.engines.summaries.splitter import pieces, sentences
from media_api.tests.engines.summaries.texts import ARTICLE_1, SPEECH


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n\t\n ", []),
        ("one", ["one"]),
        ("It rains. We go home.", ["It rains.", "We go home."]),
        ("Is it? It is! Yes… No", ["Is it?", "It is!", "Yes…", "No"]),
        ("Идёт дождь. Мы дома! Ёж спит.", ["Идёт дождь.", "Мы дома!", "Ёж спит."]),
        ("It cost 3.5 euros. 40 were left.", ["It cost 3.5 euros.", "40 were left."]),
        ("see example.org now", ["see example.org now"]),
        ("He paused... then went on.", ["He paused... then went on."]),
        ("“Stop.” She did. (He did not.) So.", ["“Stop.”", "She did.", "(He did not.)", "So."]),
        ("Он спросил: «Где?» Она молчала.", ["Он спросил: «Где?»", "Она молчала."]),
        ("Это сказал А. С. Пушкин. Давно.", ["Это сказал А. С. Пушкин.", "Давно."]),
        ("Dr. Smith met J. Doe. They spoke.", ["Dr. Smith met J. Doe.", "They spoke."]),
        ("It was I. He left.", ["It was I.", "He left."]),
        ("What?! Really?!! Yes.", ["What?!", "Really?!!", "Yes."]),
        ("A line\nanother line", ["A line", "another line"]),
        ("  Two   blanks.  Next\tone. ", ["Two blanks.", "Next one."]),
    ],
)
def test_sentences_end_where_people_end_them(text, found):
    assert sentences(text) == found


def test_each_line_of_a_transcript_is_a_sentence():
    assert sentences(SPEECH) == SPEECH.splitlines()


def test_prose_that_was_wrapped_is_put_together_again():
    assert sentences(textwrap.fill(ARTICLE_1, 72)) == sentences(ARTICLE_1)


def test_paragraphs_of_wrapped_prose_end_their_sentences():
    wrapped = textwrap.fill("One word. " + "and so on " * 30, 40)

    assert len(sentences(f"{wrapped}\n\n{wrapped}")) == 2 * len(sentences(wrapped))


@given(st.text(st.sampled_from('aЯ .!?…\n"»)5'), max_size=200))
def test_no_character_but_blanks_is_lost_or_invented(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.text(st.sampled_from("aЯ .!\n"), max_size=300), st.integers(1, 50))
def test_pieces_fit_and_keep_every_character(text, most_chars):
    found = pieces(text, most_chars)

    assert all(0 < len(piece) <= most_chars for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_pieces_are_cut_between_sentences():
    assert pieces("One two. Three four. Five.", 17) == ["One two.", "Three four.\nFive."]
