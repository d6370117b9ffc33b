"""The OpenAPI description of accounts."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.accounts.urls import urlpatterns


@pytest.fixture(scope="module")
def schema():
    """Return the schema of accounts alone, made without a warning."""
    GENERATOR_STATS.reset()
    made = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)
    assert not GENERATOR_STATS, "the schema of accounts has warnings"
    validate_schema(made)
    return made


def operations(schema):
    return [
        operation
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method in ("get", "put", "patch", "post", "delete")
    ]


def test_every_operation_is_named_once_and_tagged(schema) -> None:
    names = [operation["operationId"] for operation in operations(schema)]

    assert len(names) == len(set(names)) == 13
    assert all(operation["tags"] == ["users"] for operation in operations(schema))


def test_every_operation_says_what_it_answers_and_refuses(schema) -> None:
    for operation in operations(schema):
        statuses = set(operation["responses"])
        assert statuses & {"200", "201", "204"}, operation["operationId"]
        assert statuses & {"400", "401"}, operation["operationId"]


def test_open_doors_ask_for_no_token_and_the_others_do(schema) -> None:
    is_open = {
        operation["operationId"]
        for operation in operations(schema)
        if "security" not in operation or operation["security"] == [{}]
    }

    assert is_open == {"users_signup", "users_login", "users_refresh"}


def test_passwords_are_written_and_never_read(schema) -> None:
    answers = [name for name in schema["components"]["schemas"] if "Request" not in name]

    for name in ("User", "Session", "Pair", "ApiToken"):
        assert name in answers
        assert "password" not in schema["components"]["schemas"][name]["properties"]
