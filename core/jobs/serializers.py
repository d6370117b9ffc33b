"""Jobs over HTTP: what comes in, and what the schema says goes out."""

from rest_framework import serializers


class JobErrorSerializer(serializers.Serializer[object]):
    """Why a job failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class JobSerializer(serializers.Serializer[object]):
    """A job as `core.jobs.types.job_body` makes it: the schema's description of it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    status = serializers.CharField()
    stage = serializers.CharField(allow_blank=True)
    stage_index = serializers.IntegerField()
    stage_count = serializers.IntegerField()
    progress = serializers.FloatField(min_value=0, max_value=1)
    attempt = serializers.IntegerField()
    error = JobErrorSerializer(allow_null=True)
    params = serializers.DictField()
    result = serializers.DictField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()


class StartJobSerializer(serializers.Serializer[object]):
    """What begins a job. `params` are checked by the kind."""

    kind = serializers.CharField(max_length=64)
    params = serializers.DictField(default=dict)


class JobLogSerializer(serializers.Serializer[object]):
    """The last lines of a job's programs."""

    lines = serializers.ListField(child=serializers.CharField(allow_blank=True))
