"""Any server with OpenAI's `POST /v1/audio/transcriptions`, reached through `core.net`."""

import io
import threading
import wave
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BackendNotConfigured
from core.net.errors import ForbiddenAddress, RemoteTooLarge
from core.speech import whisper
from core.speech.base import AUTO, Segment, SpeechOptions, Transcript
from core.speech.chunks import Cutting, chunks
from core.speech.errors import (
    TranscriptionFailed,
    UnreadableAudio,
    require_language,
    require_wanted,
)
from core.speech.openai_answer import Answer, read_answer, segments_of
from core.speech.wav import RATE_HZ, Samples, opened

if TYPE_CHECKING:
    import httpx

PIECES = Cutting(longest_s=300.0, earliest_s=200.0, latest_s=290.0)
"""OpenAI takes 25 MB at most, which are 13 minutes."""

DEFAULT_MODEL = "whisper-1"
IDLE_S = 600.0
"""A server without a fast card says nothing while it listens to a piece."""

BACK_OFF_S = (1.0, 4.0)
"""Pauses before the second and the third try."""

MAX_ANSWER_BYTES = 16 * 2**20
_NOT_CONFIGURED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class OpenAiHttp:
    """Sends sound to the server at `base_url`, with `api_key` and the model `http_model`."""

    name = "openai_http"

    def __init__(
        self, options: SpeechOptions, *, back_off_s: tuple[float, ...] = BACK_OFF_S
    ) -> None:
        self._options = options
        self._back_off_s = back_off_s
        self._url = options.base_url.rstrip("/").removesuffix("/v1") + "/v1/audio/transcriptions"

    def languages(self) -> set[str]:
        """Whisper's, for that is what such servers run."""
        return set(whisper.LANGUAGES)

    def check(self) -> None:
        """Raises: `BackendNotConfigured` without an address that may be reached."""
        from core.net.urls import check_url

        if not self._options.base_url:
            raise BackendNotConfigured("The address of the speech server is not configured.")
        try:
            check_url(self._url, allow=self._options.outbound_allow)
        except ForbiddenAddress as error:
            raise _forbidden() from error

    def transcribe(
        self,
        wav_path: Path,
        *,
        language: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Transcript:
        """As `TranscriptionBackend.transcribe`. The first piece tells the language of all."""
        require_language(language, self.languages())
        self.check()
        segments: list[Segment] = []
        with opened(wav_path) as wav, self._client(should_stop) as client:
            for chunk in chunks(wav, PIECES):
                answer = self._ask(client, chunk.samples, language, should_stop)
                segments += segments_of(answer, chunk)
                if language == AUTO and answer.language and segments:
                    language = _agreed(whisper.language_code(answer.language))
                on_progress(chunk.end_s / wav.duration_s)
            found = whisper.UNDETERMINED if language == AUTO else language
            return Transcript(found, tuple(segments), self.name, wav.duration_s)

    def _client(self, should_stop: Callable[[], bool]) -> "httpx.Client":
        from core.net.clients import client

        made = client(allow=self._options.outbound_allow, idle_s=IDLE_S, should_stop=should_stop)
        if self._options.api_key:
            made.headers["Authorization"] = f"Bearer {self._options.api_key}"
        return made

    def _ask(
        self,
        client: "httpx.Client",
        samples: Samples,
        language: str,
        should_stop: Callable[[], bool],
    ) -> Answer:
        """Try until there is an answer, three times at most."""
        form: dict[str, str | list[str]] = {
            "model": self._options.http_model or DEFAULT_MODEL,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
        }
        if language != AUTO:
            form["language"] = language
        body = _wav(samples)
        for pause_s in self._back_off_s:
            require_wanted(should_stop)
            try:
                return self._post(client, form, body)
            except TranscriptionFailed:
                _wait(pause_s, should_stop)
        return self._post(client, form, body)

    def _post(
        self, client: "httpx.Client", form: dict[str, str | list[str]], body: bytes
    ) -> Answer:
        import httpx

        from core.net.clients import body_of

        file = {"file": ("speech.wav", body, "audio/wav")}
        try:
            with client.stream("POST", self._url, data=form, files=file) as response:
                _require_success(response.status_code)
                answered = body_of(response, max_bytes=MAX_ANSWER_BYTES)
        except ForbiddenAddress as error:
            raise _forbidden() from error
        except (httpx.HTTPError, RemoteTooLarge) as error:
            raise TranscriptionFailed("The speech server could not be asked.") from error
        return read_answer(answered)


def _require_success(status: int) -> None:
    """Raises: `TranscriptionFailed` where another try may help; else who has to do something."""
    if status == HTTPStatus.OK:
        return
    if status in _NOT_CONFIGURED:
        raise BackendNotConfigured(f"The speech server refuses us, with status {status}.")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TranscriptionFailed(f"The speech server answered with status {status}.")
    raise UnreadableAudio(f"The speech server refused the sound, with status {status}.")


def _forbidden() -> BackendNotConfigured:
    return BackendNotConfigured("The address of the speech server must not be reached from here.")


def _agreed(code: str) -> str:
    """A language that we can ask for again; else the server goes on finding out."""
    return code if code in whisper.LANGUAGES else AUTO


def _wait(pause_s: float, should_stop: Callable[[], bool]) -> None:
    """Wait before another try, awake enough to hear that nobody wants it any more."""
    asleep = threading.Event()
    while pause_s > 0:
        require_wanted(should_stop)
        asleep.wait(min(pause_s, 0.5))
        pause_s -= 0.5


def _wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(samples.itemsize)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()
