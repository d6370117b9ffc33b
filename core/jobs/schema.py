"""The OpenAPI description of `POST /api/v1/jobs/`: one form per kind that may be started."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, inline_serializer
from rest_framework import serializers

from core.jobs.kinds import JobKind, known_kinds


def _form_of(kind: type[JobKind]) -> serializers.Serializer[Any]:
    name = "".join(part.title() for part in kind.name.replace("_", ".").split("."))
    return inline_serializer(
        f"Start{name}",
        {
            "kind": serializers.ChoiceField(choices=[kind.name]),
            "params": kind.params_serializer(required=False),
        },
    )


def start_job_schema() -> Any:
    """Describe what may be posted; made late, when every kind is known."""
    forms: dict[str, Any] = {
        kind.name: _form_of(kind) for kind in known_kinds().values() if kind.is_startable
    }
    return PolymorphicProxySerializer(
        component_name="StartJob", serializers=forms, resource_type_field_name="kind"
    )
