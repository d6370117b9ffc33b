"""The OpenAPI schema describes every address of uploads, without a warning."""

import io
from contextlib import redirect_stderr

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.tests.uploads.making import processed
from core.uploads.serializers import upload_body


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    with redirect_stderr(io.StringIO()):
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_made_without_a_warning_about_uploads(schema):
    validate_schema(schema)
    told = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]

    assert [text for text in told if "uploads" in text.lower()] == []


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("uploads/", {"get", "post"}),
        ("uploads/{token}/", {"post"}),
        ("uploads/{upload_id}/", {"get", "put", "patch", "delete"}),
        ("uploads/{upload_id}/reprocess/", {"post"}),
        ("uploads/{upload_id}/cancel/", {"post"}),
        ("uploads/{upload_id}/question/", {"post"}),
        ("uploads/{upload_id}/image/", {"get"}),
        ("uploads/{upload_id}/pages/{number}.png", {"get"}),
        ("uploads/{upload_id}/text/", {"get"}),
        ("languages/", {"get"}),
    ],
)
def test_every_address_is_described(schema, path, methods):
    assert set(schema["paths"][f"/api/v1/core/{path}"]) == methods


@pytest.mark.django_db(transaction=True)
def test_the_schema_of_an_upload_names_what_is_shown_and_nothing_else(schema, user):
    described = schema["components"]["schemas"]["Upload"]

    shown = set(upload_body(processed(user)))

    assert shown == set(described["required"])
    assert set(described["properties"]) - shown == {"streamed_text", "seq"}
