"""What each route takes: bounds, spellings, defaults at any depth."""

from typing import Any

import pytest

from media_api.config.schema import Codecs, Config, Ffmpeg, Summary, Video
from media_api.schemas.submission import Webhook
from media_api.tests.schemas.asking import ROUTES, asked, fault, faults, with_actions

FFMPEG_ROUTES = ("compress", "custom")


def ffmpeg(route: str, group: dict[str, Any]) -> dict[str, Any]:
    """The settings for compressing, at the depth where a route has them."""
    return with_actions(route, {"config": group if route == "compress" else {"ffmpeg": group}})


def below(route: str, *loc: str) -> list[str]:
    return ["body", "data", "config", *(["ffmpeg"] if route == "custom" else []), *loc]


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("width", [15, -5, 0, "14"], "greater_than_equal"),
        ("width", [7682, 10**400], "less_than_equal"),
        ("width", [641, "641"], "multiple_of"),
        ("height", [14], "greater_than_equal"),
        ("height", [4322], "less_than_equal"),
        ("height", [361], "multiple_of"),
        ("videoBitrate", [49], "greater_than_equal"),
        ("videoBitrate", [200_001], "less_than_equal"),
        ("audioBitrate", [7], "greater_than_equal"),
        ("audioBitrate", [513], "less_than_equal"),
        ("fps", [0], "greater_than_equal"),
        ("fps", [241], "less_than_equal"),
        ("fps", [23.976], "int_from_float"),
        ("fit", ["crop", "", "STRETCH", 1], "enum"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_at_its_field(
    route: str, key: str, values: list[Any], kind: str
) -> None:
    for value in values:
        found = fault(route, ffmpeg(route, {"video": {key: value}}))
        assert found["loc"] == below(route, "video", key)
        assert found["type"] == kind


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
@pytest.mark.parametrize("value", ["placebo", "", "veryfast;rm", 3, None, ["fast"]])
def test_a_preset_that_is_none_is_refused_as_an_enum(route: str, value: Any) -> None:
    found = fault(route, ffmpeg(route, {"preset": value}))

    assert found["loc"] == below(route, "preset")
    assert found["type"] == "enum"


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
@pytest.mark.parametrize(
    ("group", "loc"),
    [
        ({"video": {"audioSampleRate": 96000}}, ("video", "audioSampleRate")),
        ({"video": {"audio_sample_rate": "7350"}}, ("video", "audioSampleRate")),
        ({"video": {"audioSampleRate": 44101}}, ("video", "audioSampleRate")),
        (
            {"video": {"audioSampleRate": 88200}, "codecs": {"audio": "libmp3lame"}},
            ("video", "audioSampleRate"),
        ),
        (
            {"video": {"audioSampleRate": 16001}, "codecs": {"audio": "aac"}},
            ("video", "audioSampleRate"),
        ),
    ],
)
def test_a_sample_rate_that_its_codec_does_not_take_is_refused_there(
    route: str, group: dict[str, Any], loc: tuple[str, str]
) -> None:
    found = fault(route, ffmpeg(route, group))

    assert found["loc"] == below(route, *loc)
    assert found["type"] == "value_error"
    assert "48000" in found["msg"]


def test_a_codec_that_does_not_take_the_rate_of_the_settings_is_refused_itself() -> None:
    video = Video(audio_sample_rate=96_000)
    config = Config(ffmpeg=Ffmpeg.model_validate({"video": video, "codecs": {"audio": "aac"}}))

    found = fault("compress", {"config": {"codecs": {"audio": "libmp3lame"}}}, config)
    in_custom = faults(
        "custom",
        {
            "actions": ["compress"],
            "config": {
                "ffmpeg": {"codecs": {"audio": "libmp3lame"}},
                "audio": {"codec": "libmp3lame"},
            },
        },
        config,
    )

    assert found["loc"] == ["body", "data", "config", "codecs", "audio"]
    assert [each["loc"][3:] for each in in_custom] == [
        ["ffmpeg", "codecs", "audio"],
        ["audio", "codec"],
    ]


@pytest.mark.parametrize("rate_hz", [7350, 64000, 88200, 96000, "44100"])
def test_aac_takes_the_rates_that_mp3_does_not(rate_hz: int | str) -> None:
    audio = {"codec": "aac", "sampleRate": rate_hz}

    assert asked("extract_audio", {"config": {"audio": audio}}).config["audio"] == {
        "codec": "aac",
        "bitrate": 320,
        "sampleRate": int(rate_hz),
    }
    audio["codec"] = "libmp3lame"
    if rate_hz != "44100":
        loc = fault("extract_audio", {"config": {"audio": audio}})["loc"]
        assert loc == ["body", "data", "config", "audio", "sampleRate"]


@pytest.mark.parametrize(
    ("route", "config", "loc", "kind"),
    [
        ("transcribe", {"transcribe": {"language": "fr"}}, "transcribe.language", "enum"),
        ("transcribe", {"transcribe": {"language": None}}, "transcribe.language", "enum"),
        ("transcribe", {"transcribe": {"formats": ["doc"]}}, "transcribe.formats.0", "enum"),
        ("transcribe", {"transcribe": {"formats": []}}, "transcribe.formats", "too_short"),
        ("transcribe", {"transcribe": {"formats": "srt"}}, "transcribe.formats", "list_type"),
        ("transcribe", {"transcribe": []}, "transcribe", "model_type"),
        ("summarize", {"summary": {"model": "GigaChat-2-Lite"}}, "summary.model", "enum"),
        ("extract_text", {"fileToText": {"language": "fra"}}, "fileToText.language", "enum"),
        ("extract_text", {"fileToText": {"imageModel": "x"}}, "fileToText.imageModel", "enum"),
        (
            "extract_text",
            {"file_to_text": {"min_confidence": 101}},
            "file_to_text.min_confidence",
            "less_than_equal",
        ),
        (
            "extract_text",
            {"fileToText": {"minConfidence": -1}},
            "fileToText.minConfidence",
            "greater_than_equal",
        ),
        ("extract_audio", {"audio": {"codec": "opus"}}, "audio.codec", "enum"),
        ("extract_audio", {"audio": {"bitrate": 7}}, "audio.bitrate", "greater_than_equal"),
        ("custom", {"ffmpeg": None}, "ffmpeg", "model_type"),
        ("custom", None, "", "model_type"),
    ],
)
def test_what_an_operation_does_not_know_is_refused_where_it_stands(
    route: str, config: Any, loc: str, kind: str
) -> None:
    found = fault(route, with_actions(route, {"config": config}))

    assert ".".join(map(str, found["loc"][3:])) == loc
    assert found["type"] == kind


@pytest.mark.parametrize(
    ("data", "loc", "kind"),
    [
        ({}, ["actions"], "missing"),
        ({"actions": None}, ["actions"], "list_type"),
        ({"actions": "compress"}, ["actions"], "list_type"),
        ({"actions": {}}, ["actions"], "list_type"),
        ({"actions": []}, ["actions"], "too_short"),
        ({"actions": ["x"]}, ["actions", 0], "enum"),
        ({"actions": ["compress", 1]}, ["actions", 1], "enum"),
        ({"actions": ["COMPRESS"]}, ["actions", 0], "enum"),
    ],
)
def test_custom_needs_actions_that_there_are(
    data: dict[str, Any], loc: list[str | int], kind: str
) -> None:
    found = fault("custom", data)

    assert found["loc"] == ["body", "data", *loc]
    assert found["type"] == kind


@pytest.mark.parametrize("route", ["transcribe", "summarize"])
def test_a_language_that_the_engine_does_not_know_is_refused_and_those_it_knows_are_named(
    route: str,
) -> None:
    data = {"config": {"transcribe": {"language": "ru"}}}

    found = fault(route, data)

    assert found["type"] == "language_unsupported"
    assert found["loc"] == ["body", "data", "config", "transcribe", "language"]
    assert found["msg"].endswith("it knows auto, en")
    taken = asked(route, data, languages=frozenset({"ru", "auto"}))
    assert taken.config["transcribe"]["language"] == "ru"


def test_the_language_only_counts_where_something_is_heard() -> None:
    data = {"config": {"transcribe": {"language": "ru"}}}

    assert fault("custom", {"actions": ["transcribe"], **data})["type"] == "language_unsupported"
    assert asked("custom", {"actions": ["compress"], **data}).actions == ("compress",)


@pytest.mark.parametrize("language", ["auto", "none"])
def test_auto_and_none_leave_the_language_to_any_engine(language: str) -> None:
    data = {"config": {"transcribe": {"language": language}}}

    taken = asked("transcribe", data, languages=frozenset())

    assert taken.config["transcribe"]["language"] == "auto"


@pytest.mark.parametrize(
    ("webhook", "loc"),
    [
        ({}, ["url"]),
        ("https://example.org/", []),
        ({"url": None}, ["url"]),
        ({"url": "https://example.org/", "secret": 1}, ["secret"]),
        ({"url": "https://example.org/", "secret": "a\nb"}, ["secret"]),
        ({"url": "https://example.org/", "secret": "x" * 256}, ["secret"]),
        ({"url": "http://example.org/"}, ["url"]),
        ({"url": "https://user:word@example.org/"}, ["url"]),
        ({"url": "https://127.0.0.1/"}, ["url"]),
        ({"url": "https://2130706433/"}, ["url"]),
        ({"url": "https://[::ffff:10.0.0.1]/"}, ["url"]),
        ({"url": "https://example.org:8443/"}, ["url"]),
        ({"url": "gopher://example.org/"}, ["url"]),
    ],
)
def test_a_webhook_that_may_not_be_called_is_refused(webhook: Any, loc: list[str]) -> None:
    assert fault("compress", {"webhook": webhook})["loc"] == ["body", "data", "webhook", *loc]


def test_a_webhook_may_be_where_the_platform_allows_it_and_its_secret_does_not_show() -> None:
    data = {"webhook": {"url": "http://127.0.0.1:9000/done", "secret": "hush"}}

    taken = asked("compress", data, allow=["127.0.0.1:9000"])

    assert taken.webhook == Webhook("http://127.0.0.1:9000/done", "hush")
    assert "hush" not in repr(taken)
    assert asked("compress", {"webhook": None}).webhook is None


def test_sources_are_passed_on_however_many_there_are() -> None:
    taken = asked("compress", {"path": "/a b", "upload_id": "x", "url": None})

    assert (taken.url, taken.path, taken.upload_id) == (None, "/a b", "x")


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
@pytest.mark.parametrize("preset", ["FAST", "fast", "Fast", "VeryFast", "ultrafast"])
def test_a_preset_is_taken_in_any_case(route: str, preset: str) -> None:
    taken = asked(route, ffmpeg(route, {"preset": preset}))

    assert taken.config["ffmpeg"]["preset"] == preset.lower()


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
def test_of_two_spellings_of_a_key_camel_case_wins(route: str) -> None:
    group = {"video": {"video_bitrate": "nonsense", "videoBitrate": 300, "audio_bitrate": 64}}

    video = asked(route, ffmpeg(route, group)).config["ffmpeg"]["video"]

    assert (video["videoBitrate"], video["audioBitrate"]) == (300, 64)


def test_order_repeats_and_dashes_of_actions_carry_no_meaning() -> None:
    words = ["to-text", "compress", "extract-audio", "compress", "summarize", "extract_audio"]

    taken = asked("custom", {"actions": words})

    assert taken.actions == ("compress", "extract_audio", "summarize", "to_text")


def test_formats_are_kept_once_and_in_one_order() -> None:
    data = {"config": {"transcribe": {"formats": ["json", "txt", "srt", "txt"]}}}

    assert asked("transcribe", data).config["transcribe"]["formats"] == ["txt", "srt", "json"]


SETTINGS = Config(
    ffmpeg=Ffmpeg(
        preset="slow",  # type: ignore[arg-type]
        video=Video(width=640, height=360, video_bitrate=700, audio_bitrate=96, fps=30),
        codecs=Codecs(video="libx265", audio="aac"),  # type: ignore[arg-type]
    ),
    summary=Summary(model="GigaChat-2-Max"),  # type: ignore[arg-type]
)
FFMPEG = {
    "preset": "slow",
    "video": {
        "width": 640,
        "height": 360,
        "videoBitrate": 700,
        "audioBitrate": 96,
        "audioSampleRate": 48000,
        "fps": 30,
        "fit": "stretch",
    },
    "codecs": {"video": "libx265", "audio": "aac"},
}
AUDIO = {"codec": "aac", "bitrate": 96, "sampleRate": 48000}
TRANSCRIBE = {"language": "auto", "formats": ["txt"]}
SUMMARY = {"model": "GigaChat-2-Max"}
TEXT = {"imageModel": "tesseract", "language": "rus", "minConfidence": 60}
COMPLETE = {
    "compress": {"ffmpeg": FFMPEG},
    "extract_audio": {"audio": AUDIO},
    "transcribe": {"audio": AUDIO, "transcribe": TRANSCRIBE},
    "summarize": {"audio": AUDIO, "transcribe": TRANSCRIBE, "summary": SUMMARY},
    "extract_text": {"fileToText": TEXT},
    "custom": {
        "ffmpeg": FFMPEG,
        "audio": AUDIO,
        "transcribe": TRANSCRIBE,
        "summary": SUMMARY,
        "fileToText": TEXT,
    },
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("data", [{}, {"config": {}}])
def test_what_is_left_out_comes_from_the_settings(route: str, data: dict[str, Any]) -> None:
    assert asked(route, with_actions(route, data), SETTINGS).config == COMPLETE[route]


@pytest.mark.parametrize("route", FFMPEG_ROUTES)
def test_what_is_left_out_beside_a_leaf_comes_from_the_settings_too(route: str) -> None:
    group = {"video": {"height": 720}, "codecs": {"video": "libx264"}}

    found = asked(route, ffmpeg(route, group), SETTINGS).config["ffmpeg"]

    assert found == {
        "preset": "slow",
        "video": {**FFMPEG["video"], "height": 720},  # type: ignore[dict-item]
        "codecs": {"video": "libx264", "audio": "aac"},
    }


def test_custom_takes_every_group_of_the_other_routes() -> None:
    given = {
        "ffmpeg": {**FFMPEG, "preset": "medium"},
        "audio": {"codec": "libmp3lame", "bitrate": 64, "sampleRate": 16000},
        "transcribe": {"language": "en", "formats": ["srt"]},
        "summary": {"model": "GigaChat-2"},
        "fileToText": {"imageModel": "tesseract", "language": "eng", "minConfidence": 0},
    }

    assert asked("custom", {"actions": ["to_text"], "config": given}).config == given
