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


def _forms() -> dict[str, Any]:
    return {kind.name: _form_of(kind) for kind in known_kinds().values() if kind.is_startable}


# The forms are asked for when the description is made: every kind is known then.
START_JOB = PolymorphicProxySerializer(
    component_name="StartJob", serializers=_forms, resource_type_field_name="kind"
)
