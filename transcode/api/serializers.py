"""What comes in through the doors of videos: forms and queries."""

from typing import Any

from rest_framework import serializers

from core.errors import JobError
from core.multipart import FormFile
from transcode.engines import languages
from transcode.engines.ladder import ALLOWED
from transcode.models import VideoState
from transcode.videos.creating import DESTINATION_CHARS, NAME_CHARS

START_MAX, COUNT_MAX, COUNT = 10**9, 100, 15
SEARCH_CHARS = 200
# The contract's words for the states (6): the labels, with underscores.
STATE_WORDS = {
    "published": VideoState.PUBLISHED,
    "to_transcode": VideoState.TO_TRANSCODE,
    "to_import": VideoState.TO_IMPORT,
    "waiting_for_live": VideoState.WAITING_FOR_LIVE,
    "live_ended": VideoState.LIVE_ENDED,
    "moving_to_storage": VideoState.MOVING_TO_STORAGE,
    "transcoding_failed": VideoState.TRANSCODING_FAILED,
    "moving_failed": VideoState.MOVING_FAILED,
    "to_edit": VideoState.TO_EDIT,
}


class PathField(serializers.CharField):
    """A path of the storage, exactly as it came: what is wrong with it is the service's to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, allow_blank=True, **options)
        self.validators = []


class ArrivedFileField(serializers.FileField):
    """A file that has come with a form, and lies where it was staged."""

    def to_internal_value(self, data: Any) -> FormFile:  # type: ignore[override] # not Django's
        """Read a file. Raises: `ValidationError`."""
        if not isinstance(data, FormFile):
            self.fail("invalid")
        return data


class UploadForm(serializers.Serializer[Any]):
    """A new video, as `multipart/form-data`. `file` is another name for `videoFile`."""

    videoFile = ArrivedFileField()  # noqa: N815 - the contract's name
    name = serializers.CharField(max_length=NAME_CHARS)
    language = serializers.CharField(required=False, allow_blank=True, default="", max_length=16)
    private = serializers.BooleanField(required=False, default=False)

    def validate_language(self, value: str) -> str:
        """Refuse what is no language, beside whatever else is wrong."""
        try:
            return languages.normalise(value) if value else ""
        except JobError as error:
            raise serializers.ValidationError(str(error)) from error


class FromStorageForm(serializers.Serializer[Any]):
    """A new video of a file that lies in the storage already."""

    path = PathField(help_text="Relative to the root of the storage.")
    name = serializers.CharField(max_length=NAME_CHARS)
    destination = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=DESTINATION_CHARS,
        help_text="A label that is kept.",
    )  # fmt: skip


class NameForm(serializers.Serializer[Any]):
    """Another name for a video."""

    name = serializers.CharField(max_length=NAME_CHARS)


class LadderForm(serializers.Serializer[Any]):
    """Which renditions to make anew; without any, the usual ones."""

    resolutions = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=len(ALLOWED)
    )
    type = serializers.ChoiceField(choices=["hls", "web-video"], required=False)


class StateField(serializers.Field[VideoState, str, Any, Any]):
    """A state's number or its word."""

    def to_internal_value(self, data: Any) -> VideoState:
        """Read a state. Raises: `ValidationError`."""
        text = str(data)
        if text in STATE_WORDS:
            return STATE_WORDS[text]
        if text.isascii() and text.isdigit() and len(text) < 3 and int(text) in VideoState.values:
            return VideoState(int(text))
        raise serializers.ValidationError("There is no such state.")


class ListQuery(serializers.Serializer[Any]):
    """Which part of one's videos to list, newest first."""

    start = serializers.IntegerField(min_value=0, max_value=START_MAX, required=False, default=0)
    count = serializers.IntegerField(min_value=1, required=False, default=COUNT)
    state = serializers.ListField(child=StateField(), required=False, default=list)
    search = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=SEARCH_CHARS
    )


class CaptionsForm(serializers.Serializer[Any]):
    """Whether captions are to be written where there are some."""

    force = serializers.BooleanField(required=False, default=False)


class TaskOptionsForm(serializers.Serializer[Any]):
    """What a task needs: times in whole seconds for a cut, a file for the others."""

    start = serializers.IntegerField(required=False, min_value=0)
    end = serializers.IntegerField(required=False, min_value=1)
    file = serializers.FileField(required=False)


class TaskForm(serializers.Serializer[Any]):
    """One step of an edit."""

    name = serializers.ChoiceField(choices=["cut", "add-intro", "add-outro", "add-watermark"])
    options = TaskOptionsForm()


class EditForm(serializers.Serializer[Any]):
    """The steps of an edit, in their order, ten at most."""

    tasks = TaskForm(many=True)


class LiveForm(serializers.Serializer[Any]):
    """A live stream to come."""

    name = serializers.CharField(max_length=NAME_CHARS)
    replay = serializers.BooleanField(required=False, default=True)
    lowLatency = serializers.BooleanField(required=False, default=False)  # noqa: N815
