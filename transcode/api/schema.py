"""What the OpenAPI schema says of videos."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from transcode.api.serializers import STATE_WORDS

TAGS = ["videos"]


class LabelSerializer(serializers.Serializer[Any]):
    """A number and what people call it."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment] # DRF takes fields out of the class


class RenditionSerializer(serializers.Serializer[Any]):
    """One rendition; sizes are pixels and bytes, `bitrate` is bits a second."""

    resolution = LabelSerializer()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    fps = serializers.IntegerField()
    size = serializers.IntegerField()
    bitrate = serializers.IntegerField()
    codecs = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField()


class PlaybackSerializer(serializers.Serializer[Any]):
    """Where a player begins."""

    hlsUrl = serializers.CharField(allow_null=True)  # noqa: N815
    webVideoUrls = serializers.ListField(child=serializers.CharField())  # noqa: N815
    segmentsSha256Url = serializers.CharField(allow_null=True)  # noqa: N815


class CaptionSerializer(serializers.Serializer[Any]):
    """Subtitles in one language (WebVTT)."""

    language = serializers.CharField()
    automaticallyGenerated = serializers.BooleanField()  # noqa: N815
    url = serializers.CharField()


class StoryboardSerializer(serializers.Serializer[Any]):
    """The picture of small pictures; each stands for `spriteDuration` seconds."""

    url = serializers.CharField()
    totalWidth = serializers.IntegerField()  # noqa: N815
    totalHeight = serializers.IntegerField()  # noqa: N815
    spriteWidth = serializers.IntegerField()  # noqa: N815
    spriteHeight = serializers.IntegerField()  # noqa: N815
    spriteDuration = serializers.IntegerField()  # noqa: N815


class VideoSerializer(serializers.Serializer[Any]):
    """A video as `transcode.videos.types.video_body` makes it."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    state = LabelSerializer()
    progress = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=100, help_text="Percent; null while live."
    )
    playable = serializers.BooleanField(help_text="It can be watched, perhaps still growing.")
    isLive = serializers.BooleanField()  # noqa: N815
    duration = serializers.IntegerField(help_text="Seconds.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    aspectRatio = serializers.FloatField(allow_null=True)  # noqa: N815
    fps = serializers.IntegerField(allow_null=True)
    hasAudio = serializers.BooleanField()  # noqa: N815
    size = serializers.IntegerField(help_text="Bytes of the original.")
    language = serializers.CharField(allow_blank=True)
    thumbnailUrl = serializers.CharField(allow_null=True)  # noqa: N815
    previewUrl = serializers.CharField(allow_null=True)  # noqa: N815
    storyboard = StoryboardSerializer(allow_null=True)
    captions = CaptionSerializer(many=True)
    files = RenditionSerializer(many=True)
    playback = PlaybackSerializer()
    warnings = serializers.ListField(child=serializers.CharField())
    error = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()  # noqa: N815
    updatedAt = serializers.DateTimeField()  # noqa: N815
    publishedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class OneVideoSerializer(serializers.Serializer[Any]):
    """An answer about one video."""

    video = VideoSerializer()


class IngestSerializer(serializers.Serializer[Any]):
    """Where to send a stream."""

    rtmpUrl = serializers.CharField()  # noqa: N815
    streamKey = serializers.CharField(help_text="Shown this once.")  # noqa: N815


class NewLiveSerializer(OneVideoSerializer):
    """An announced live stream."""

    live = IngestSerializer()


class VideoListSerializer(serializers.Serializer[Any]):
    """A part of a list, and the length of the whole."""

    total = serializers.IntegerField()
    data = VideoSerializer(many=True)  # type: ignore[assignment] # a field of this name


class VideoJobSerializer(serializers.Serializer[Any]):
    """A job of a video, as its owner sees it."""

    uuid = serializers.UUIDField()
    type = serializers.CharField()
    resolution = serializers.IntegerField(allow_null=True)
    state = LabelSerializer()
    progress = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=100, help_text="Percent; null unless at work."
    )
    failures = serializers.IntegerField()
    error = serializers.CharField(allow_null=True)
    executor = serializers.CharField(
        allow_null=True,
        help_text=(
            "`runner:<name>`, `runner` for one that was removed since, or `local`; null before "
            "anybody has it."
        ),
    )
    startedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815
    finishedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class VideoJobListSerializer(serializers.Serializer[Any]):
    """The jobs of a video."""

    data = VideoJobSerializer(many=True)  # type: ignore[assignment] # a field of this name


LIST_QUERY = [
    OpenApiParameter("start", int, description="How many to skip, 0 at first."),
    OpenApiParameter("count", int, description="1 to 100, else 15."),
    OpenApiParameter(
        "state", str, many=True, description=f"A number, or one of {', '.join(STATE_WORDS)}."
    ),
    OpenApiParameter("search", str, description="A part of the name, or an id."),
]
