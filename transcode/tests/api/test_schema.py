"""The OpenAPI schema describes every address of videos, without a warning about anything."""

import io
from contextlib import redirect_stderr

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from transcode.api.listing import jobs_of
from transcode.api.playing import play_url
from transcode.tests.factories import make_job, make_video
from transcode.videos.types import video_body


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    with redirect_stderr(io.StringIO()):
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_made_without_a_warning(schema):
    validate_schema(schema)

    assert [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache] == []


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("", {"get"}),
        ("/upload", {"post"}),
        ("/transcode", {"post"}),
        ("/{video_id}", {"get", "patch", "delete"}),
        ("/{video_id}/jobs", {"get"}),
        ("/{video_id}/transcode", {"post"}),
        ("/{video_id}/retry", {"post"}),
        ("/{video_id}/cancel", {"post"}),
        ("/{video_id}/studio", {"post"}),
        ("/{video_id}/captions/generate", {"post"}),
        ("/live", {"post"}),
        ("/{video_id}/live/end", {"post"}),
    ],
)
def test_every_address_is_described(schema, path, methods):
    found = {at: each for at, each in schema["paths"].items() if at.startswith("/api/v1/video")}

    assert set(found[f"/api/v1/video{path}/"]) == methods


@pytest.mark.django_db
def test_what_is_shown_is_what_is_described(schema, user):
    video = make_video(user)
    make_job(video)
    described = schema["components"]["schemas"]

    assert set(video_body(video, play_url=play_url)) == set(described["Video"]["properties"])
    assert set(jobs_of(video)[0]) == set(described["VideoJob"]["properties"])
