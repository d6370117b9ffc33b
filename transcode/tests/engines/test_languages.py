import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcode.engines.errors import Refused
from transcode.engines.languages import name, normalise


@pytest.mark.parametrize(
    "code",
    [
        *("", " ", "e", "xx", "zz", "qaa", "english", "English", "en-US", "en_US", "en\0", "<b>"),
        *("../en", "und", "mul", "zxx", "mis", "gem", "sh", "mo", "1", "éñ", "ÉN", "e" * 10**6),
    ],
)
def test_what_is_no_language_is_refused(code: str) -> None:
    for look_up in (normalise, name):
        with pytest.raises(Refused) as caught:
            look_up(code)
        assert caught.value.code == "unknown_language"


@pytest.mark.parametrize(
    ("code", "shortest"),
    [
        ("en", "en"),
        ("eng", "en"),
        (" EN ", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("vai", "vai"),
        ("yue", "yue"),
        ("ewe", "ee"),
        ("sr", "sr"),
        ("jw", "jv"),
        ("iw", "he"),
    ],
)
def test_a_language_has_one_code(code: str, shortest: str) -> None:
    assert normalise(code) == shortest
    assert normalise(shortest) == shortest


def test_a_language_has_a_name() -> None:
    assert name("deu") == "German"


@given(st.text(max_size=4))
def test_a_code_is_refused_or_safe_for_a_file_name(code: str) -> None:
    try:
        found = normalise(code)
    except Refused:
        return
    assert found.isascii()
    assert found.isalpha()
    assert found.islower()
    assert len(found) in (2, 3)
