"""Summaries of sentences picked from the text."""

import re
from collections import Counter

import pytest

from core.errors import Stopped
from media_api.engines.summaries.base import SummaryOptions
from media_api.engines.summaries.markdown import without_markup
from media_api.engines.summaries.splitter import sentences
from media_api.engines.summaries.textrank import RANKED_SENTENCES, TextRank
from media_api.tests.engines.summaries import texts

RUSSIAN = (
    "Городской совет решил заменить дизельные автобусы электрическими. На программу выделено "
    "двести миллионов. Погода в тот день была тёплой. Противники предлагали сначала починить "
    "трамвайные пути. Электрические автобусы стоят вдвое дороже дизельных. Город ожидает, что "
    "расходы на топливо снизятся. Первые автобусы выйдут на линии летом. Совет будет "
    "отчитываться о программе каждые полгода."
)


def summary_of(text, *, on_progress=lambda _: None, should_stop=lambda: False):
    engine = TextRank(SummaryOptions())
    engine.check()
    return engine.summarize(text, model="", on_progress=on_progress, should_stop=should_stop)


def bullets_of(summary):
    return re.findall(r"^- (.*)$", summary, re.MULTILINE)


def rouge_1(summary, abstract):
    """Return the F1 of shared words (C.-Y. Lin, "ROUGE", 2004)."""
    ours, theirs = (Counter(re.findall(r"\w+", text.lower())) for text in (summary, abstract))
    shared = (ours & theirs).total()
    precision, recall = shared / ours.total(), shared / theirs.total()
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    "text", ["", " \n ", "One.", "One. Two.", "One.\nTwo.\nThree.", "x" * 9999]
)
def test_a_text_of_three_sentences_or_fewer_stays_as_it_is(text):
    assert summary_of(text) == text


def test_a_text_that_no_summary_makes_shorter_stays_as_it_is():
    assert summary_of("A. B. C. D. E.") == "A. B. C. D. E."


def test_whoever_wants_no_more_is_heard():
    with pytest.raises(Stopped):
        summary_of(texts.ARTICLE_1, should_stop=lambda: True)


def test_html_and_images_of_the_text_are_shown_and_not_acted_upon():
    hostile = "<script>alert(1)</script> ![x](http://tracker.example/a.png) <http://x>."
    summary = summary_of("\n".join(f"{hostile} Number {n} is said." for n in range(12)))

    assert re.search(r"(?<!\\)<\w", summary) is None
    assert re.search(r"!\[", summary) is None
    assert "Number" in summary


@pytest.mark.parametrize("text", ["a < b", "x <3", "wow! [x]", r"\<b>", "5 <= 6"])
def test_what_is_no_markup_stays(text):
    assert without_markup(text) == text


def test_the_articles_of_the_contract_are_summarised_well_enough():
    pairs = [(texts.ARTICLE_1, texts.ABSTRACT_1), (texts.ARTICLE_2, texts.ABSTRACT_2)]

    scores = [rouge_1(" ".join(bullets_of(summary_of(article))), abstract)
              for article, abstract in pairs]  # fmt: skip

    assert sum(scores) / len(scores) >= 0.5, scores


def test_long_texts_are_summarised_well_enough_too(monkeypatch):
    monkeypatch.setattr("media_api.engines.summaries.textrank.RANKED_SENTENCES", 0)
    pairs = [(texts.ARTICLE_1, texts.ABSTRACT_1), (texts.ARTICLE_2, texts.ABSTRACT_2)]

    scores = [rouge_1(" ".join(bullets_of(summary_of(article))), abstract)
              for article, abstract in pairs]  # fmt: skip

    assert sum(scores) / len(scores) >= 0.5, scores


@pytest.mark.parametrize("text", [texts.ARTICLE_1, texts.ARTICLE_2, texts.SPEECH, RUSSIAN])
def test_a_summary_is_a_third_of_the_sentences_in_their_order_and_shorter(text):
    summary, found = summary_of(text), sentences(text)
    places = [found.index(bullet) for bullet in bullets_of(summary)]

    assert summary.startswith("# Summary\n\n- ")
    assert places == sorted(set(places))
    assert len(places) == round(len(found) / 3)
    assert len(summary) < len(text)


def test_the_key_terms_are_eight_and_say_something():
    terms = summary_of(texts.ARTICLE_2).splitlines()[-1].removeprefix("**Key terms:** ").split(", ")

    assert len(terms) == 8
    assert {"coffee", "shade"} <= set(terms)
    assert not {"the", "and", "which"} & set(terms)


def test_russian_words_count_as_one_in_all_their_forms():
    terms = summary_of(RUSSIAN).splitlines()[-1]

    assert "автобусы" in terms
    assert " на" not in terms


def test_of_a_very_long_text_thirty_sentences_are_taken():
    text = " ".join(f"Sentence {n} is about thing {n % 37} and {n % 11}." for n in range(2000))

    assert len(bullets_of(summary_of(text))) == 30
    assert len(sentences(text)) > RANKED_SENTENCES


def test_what_is_said_again_and_again_is_picked_once():
    summary = summary_of("The same again. " * 500 + "Something new happened. The end came late.")

    assert len(bullets_of(summary)) == len(set(bullets_of(summary)))
    assert len(summary) < 500


def test_progress_goes_from_nothing_to_all():
    heard = []

    summary_of(texts.ARTICLE_1, on_progress=heard.append)

    assert (heard[0], heard[-1]) == (0.0, 1.0)
    assert heard == sorted(heard)
