"""The OpenAPI description of the Media API."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

ROUTES = ("compress", "extract-audio", "transcribe", "summarize", "custom", "file-to-text")


@pytest.fixture
def schema(anybody):
    """Return the schema, made without a warning."""
    GENERATOR_STATS.reset()
    made = anybody.get("/api/v1/openapi.json").json()
    assert not GENERATOR_STATS, "the schema of the Media API has warnings"
    validate_schema(made)
    return made


def operations(schema):
    return [
        operation
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    ]


def test_every_address_is_described_once(schema):
    names = [operation["operationId"] for operation in operations(schema)]

    assert len(names) == len(set(names))
    assert {f"/api/v1/{route}" for route in ROUTES} <= {
        path.rstrip("/") for path in schema["paths"]
    }
    assert all(path.startswith("/api/v1/") for path in schema["paths"])


def test_a_form_and_json_are_taken(schema):
    post = next(item["post"] for path, item in schema["paths"].items() if "compress" in path)

    assert set(post["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    form = schema["components"]["schemas"]["MediaFormRequest"]["properties"]
    assert form["file"]["format"] == "binary"


@pytest.mark.parametrize("path", ["openapi.json", "openapi.json/", "docs", "docs/"])
def test_schema_and_page_answer_with_and_without_the_last_slash(anybody, path):
    answer = anybody.get(f"/api/v1/{path}")

    assert answer.status_code == 200
    if path.startswith("docs"):
        assert (
            b"/api/v1/openapi.json" in answer.content + anybody.get("/api/v1/docs/?script=").content
        )


@pytest.mark.parametrize("path", ["/api/docs/", "/api/v1/docs/"])
def test_the_page_fails_at_no_token_and_no_method(anybody, path):
    assert anybody.get(path, headers={"Authorization": "Bearer none"}).status_code == 200
    for method in ("OPTIONS", "POST", "DELETE"):
        assert anybody.generic(method, path).status_code == 405
