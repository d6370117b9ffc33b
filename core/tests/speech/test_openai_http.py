"""Speech servers behind HTTP: what they are asked, and what is made of their answers."""

import numpy as np
import pytest

from core.errors import BackendNotConfigured, Stopped
from core.speech import openai_http_engine
from core.speech.base import Segment, SpeechOptions, Word
from core.speech.chunks import Cutting
from core.speech.errors import LanguageUnsupported, TranscriptionFailed, UnreadableAudio
from core.speech.openai_http_engine import OpenAiHttp
from core.tests.speech.speech_server import serving
from core.tests.speech.spoken import write_wav

OPENAI = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.0,
    "text": "Good morning. Everyone!",
    "segments": [
        {"id": 0, "start": 0.0, "end": 1.0, "text": " Good morning.", "avg_logprob": 0.0},
        {"id": 1, "start": 1.0, "end": 9.0, "text": " Everyone!", "avg_logprob": -1.0},
    ],
    "words": [
        {"word": "Good", "start": 0.0, "end": 0.4},
        {"word": "morning", "start": 0.4, "end": 0.9},
        {"word": "Everyone", "start": 1.1, "end": 9.0},
    ],
}


@pytest.fixture
def wav(tmp_path):
    return write_wav(tmp_path / "a.wav", np.arange(32000) % 1000)


def backend(server, **options):
    given = {"base_url": f"http://{server.address}", "outbound_allow": (server.address,), **options}
    return OpenAiHttp(SpeechOptions(**given), back_off_s=(0.0, 0.0))


def listen(server, wav, language="auto", *, progress=None, should_stop=lambda: False, **options):
    tell = progress.append if progress is not None else lambda _: None
    return backend(server, **options).transcribe(
        wav, language=language, on_progress=tell, should_stop=should_stop
    )


def test_without_an_address_it_is_not_configured():
    with pytest.raises(BackendNotConfigured, match="not configured"):
        OpenAiHttp(SpeechOptions()).check()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "https://10.0.0.1", "http://api.example.com", "ftp://x", "no url"]
)
def test_an_address_that_must_not_be_reached_is_not_configured(url):
    with pytest.raises(BackendNotConfigured, match="must not be reached"):
        OpenAiHttp(SpeechOptions(base_url=url)).check()


def test_a_name_that_leads_back_here_is_not_connected_to(wav):
    """It passes for public until it is looked up."""
    engine = OpenAiHttp(SpeechOptions(base_url="https://localhost"))
    engine.check()
    with pytest.raises(BackendNotConfigured, match="must not be reached"):
        engine.transcribe(wav, language="en", on_progress=lambda _: None, should_stop=lambda: False)


def test_a_language_that_whisper_does_not_know_is_refused(wav):
    with serving((200, OPENAI)) as server, pytest.raises(LanguageUnsupported):
        listen(server, wav, "tlh")
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_that_does_not_know_us_is_not_configured(status, wav):
    answer = (status, {"error": "secret detail"})
    with serving(answer) as server, pytest.raises(BackendNotConfigured) as refused:
        listen(server, wav)
    assert "secret" not in str(refused.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_sound_that_a_server_refuses_is_not_sent_again(status, wav):
    with serving((status, b"")) as server, pytest.raises(UnreadableAudio):
        listen(server, wav)
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(wav):
    with serving((302, b"")) as server, pytest.raises(UnreadableAudio):
        listen(server, wav)
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [(429, b""), (500, b""), (503, b"busy"), (200, b"{"), (200, [])])
def test_a_server_in_trouble_is_asked_three_times(answer, wav):
    with serving(answer) as server, pytest.raises(TranscriptionFailed):
        listen(server, wav)
    assert len(server.asked) == 3


def test_a_server_that_is_not_there_is_trouble_too(wav):
    with serving((200, OPENAI)) as server:
        pass
    with pytest.raises(TranscriptionFailed, match="could not be asked"):
        listen(server, wav)


def test_an_answer_without_an_end_is_not_read_to_its_end(wav, monkeypatch):
    monkeypatch.setattr(openai_http_engine, "MAX_ANSWER_BYTES", 1000)
    with serving((200, {"text": "x" * 2000})) as server, pytest.raises(TranscriptionFailed):
        listen(server, wav)


def test_the_third_answer_may_be_the_good_one(wav):
    with serving((429, b""), (502, b""), (200, OPENAI)) as server:
        assert listen(server, wav).text.startswith("Good")
    assert len(server.asked) == 3
    assert len({asked.wav for asked in server.asked}) == 1


def test_a_silent_server_is_left_when_nobody_wants_its_answer(wav):
    with serving((200, OPENAI)) as server:
        server.let_go.clear()
        with pytest.raises(Stopped):
            listen(server, wav, should_stop=lambda: bool(server.asked))


def test_nobody_waits_for_another_try_that_is_not_wanted(wav):
    with serving((503, b"")) as server:
        engine = OpenAiHttp(backend(server)._options, back_off_s=(3600.0,))
        with pytest.raises(Stopped):
            engine.transcribe(
                wav,
                language="en",
                on_progress=lambda _: None,
                should_stop=lambda: len(server.asked) > 0,
            )


def test_it_is_asked_as_openai_is(wav):
    with serving((200, OPENAI)) as server:
        listen(server, wav, "ru", api_key="sk-1", http_model="large-v3")
    (asked,) = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.fields == {
        "file": ["speech.wav"],
        "model": ["large-v3"],
        "language": ["ru"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["word", "segment"],
    }
    assert asked.samples() == (np.arange(32000) % 1000).astype("<i2").tobytes()


def test_without_a_key_a_model_or_a_language_none_is_sent(wav):
    with serving((200, OPENAI)) as server:
        listen(server, wav, base_url=f"http://{server.address}/v1/")
    (asked,) = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert "authorization" not in asked.headers
    assert "language" not in asked.fields
    assert asked.fields["model"] == ["whisper-1"]


def test_words_beside_the_segments_find_their_segment(wav):
    progress = []
    with serving((200, OPENAI)) as server:
        transcript = listen(server, wav, progress=progress)
    assert (transcript.language, transcript.backend) == ("en", "openai_http")
    assert progress == [1.0]
    first, second = transcript.segments
    assert first == Segment(
        0.0, 1.0, "Good morning.", (Word(0.0, 0.4, "Good", 1.0), Word(0.4, 0.9, "morning", 1.0))
    )
    assert second.end_s == 2.0  # no time lies behind the end
    assert second.words == (Word(1.1, 2.0, "Everyone", pytest.approx(0.368, abs=0.001)),)


@pytest.mark.parametrize(
    ("answer", "segments"),
    [
        ({"text": " hello  there"}, [Segment(0.0, 2.0, "Hello there.")]),
        ({"text": "", "segments": [], "words": None}, []),
        (
            {"words": [{"word": " a ", "start": 0, "end": 0.5, "probability": 0.25}]},
            [Segment(0.0, 0.5, "A.", (Word(0.0, 0.5, "a", 0.25),))],
        ),
        (
            {"segments": [{"start": -5, "end": 1e9, "text": "Hi", "words": [
                {"word": "Hi", "start": 1.5, "end": 0.5, "probability": 7}]}]},
            [Segment(0.0, 2.0, "Hi", (Word(1.5, 1.5, "Hi", 1.0),))],
        ),
    ],
)  # fmt: skip
def test_servers_may_tell_less_or_nonsense(answer, segments, wav):
    with serving((200, answer)) as server:
        transcript = listen(server, wav)
    assert list(transcript.segments) == segments
    assert transcript.language == "und"


@pytest.mark.parametrize("number", ["NaN", "Infinity", '"soon"', "1e999"])
def test_a_time_that_is_no_number_is_no_answer(number, wav):
    body = f'{{"segments": [{{"start": {number}, "end": 1, "text": "x"}}]}}'.encode()
    with serving((200, body)) as server, pytest.raises(TranscriptionFailed, match="understood"):
        listen(server, wav)


@pytest.mark.parametrize(
    ("told", "code"),
    [("german", "de"), ("de", "de"), ("Cantonese", "und"), ("", "und"), ("../x", "und")],
)
def test_a_language_may_be_told_by_its_name(told, code, wav):
    with serving((200, {**OPENAI, "language": told})) as server:
        assert listen(server, wav).language == code


def test_long_sound_goes_in_pieces_and_the_first_tells_the_language(wav, monkeypatch):
    """Pieces of a second here, instead of five minutes."""
    monkeypatch.setattr(openai_http_engine, "PIECES", Cutting(1.0, 0.5, 0.9))
    with serving((200, {**OPENAI, "language": "russian"})) as server:
        transcript = listen(server, wav)
    assert b"".join(asked.samples() for asked in server.asked) == wav.read_bytes()[44:]
    assert [asked.fields.get("language") for asked in server.asked] == [
        None,
        *[["ru"]] * (len(server.asked) - 1),
    ]
    starts = [segment.start_s for segment in transcript.segments]
    assert starts == sorted(starts)
    assert starts[2] >= 0.5
