"""The scorers see stems that keep their places, and rank as sumy's own do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sumy.summarizers.luhn import LuhnSummarizer

from media_api.engines.summaries.luhn import Luhn
from media_api.engines.summaries.splitter import sentences
from media_api.engines.summaries.words import MOST_WORDS, STOP, Document, Sentence, stem
from media_api.tests.engines.summaries import texts


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("the", STOP),
        ("don’t", STOP),
        ("и", STOP),
        ("её", STOP),
        ("plants", "plant"),
        ("2031", "2031"),
    ],
)
def test_a_word_becomes_its_stem_or_nothing(word, root):
    assert stem(word) == root


def test_russian_forms_have_one_stem():
    assert len({stem(word) for word in ("автобус", "автобусы", "автобусами", "автобусов")}) == 1


def test_words_that_say_nothing_keep_their_places():
    assert Sentence.of("The plants and the depots.").words == (STOP, "plant", STOP, STOP, "depot")


def test_of_a_sentence_without_end_the_beginning_counts():
    assert len(Sentence.of("word " * 10_000).words) == MOST_WORDS


@given(st.text(max_size=200))
def test_every_text_can_be_read(text):
    sentence = Sentence.of(text)

    assert all(" " not in word for word in sentence.words)
    assert sentence.forms.total() == sum(1 for word in sentence.words if word)


@pytest.mark.parametrize("text", [texts.ARTICLE_1, texts.ARTICLE_2, texts.SPEECH])
def test_luhns_method_is_sumys(text):
    document = Document([Sentence.of(sentence) for sentence in sentences(text)])
    ours, theirs = Luhn(), LuhnSummarizer()
    ours.stop_words = theirs.stop_words = frozenset({STOP})

    assert ours(document, 5) == theirs(document, 5)
