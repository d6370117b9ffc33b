"""`transcode.replay`: what a live stream was, as a video like any other (contract, 4.3)."""

from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from core.jobs.types import Json
from transcode.kind import LEAST_LIMIT_S, VideoKind
from transcode.live import closing, replay, sessions
from transcode.models import JobType, Video
from transcode.videos import pictures, placing, publication
from transcode.videos.publication import NewFile


class Replay(VideoKind):
    """Package the chunks of a stream anew. Nothing is encoded, so no runner is asked."""

    name = "transcode.replay"
    title = "Replay of a live stream"
    type = JobType.REPLAY
    queue = "io"
    is_for_runners = False

    made: list[NewFile]
    columns: dict[str, Any]

    def limit_s(self) -> float:
        """Give it as long as a stream may last."""
        return max(LEAST_LIMIT_S, float(settings.TRANSCODE_LIVE_MAX_DURATION))

    @classmethod
    def queue_of(cls, params: Json) -> str:  # noqa: ARG003 - the kernel's signature
        """Have our workers do it whatever they encode: it is the end of a runner's result."""
        return cls.queue

    def encode(self) -> Json:
        """Encode nothing."""
        return {}

    def finish_with(self, made: Json) -> Json:  # noqa: ARG002 - there is no first half
        """Do the work, and read off the result what the video is now."""
        self.report("encode", 0.0)
        with self.heartbeat():
            tracks = replay.tracks_of(self.video.pk, self._asked(), self.scratch, self.program)
            checked = replay.packaged(
                self.video_job, tracks, self.scratch, self.program, self._tell
            )
            self.made = [placing.place_hls(each) for each in checked]
        top = max(zip(checked, self.made, strict=True), key=lambda pair: pair[0].resolution)
        duration_s = top[0].playlist.duration_s
        self.columns = {**self._described(top[1]), "duration_s": duration_s}
        return {**publication.summary(top[1]), "duration_s": duration_s}

    def _tell(self, share: float) -> None:
        self.report("encode", share)

    def _asked(self) -> list[int]:
        """Return the sizes that the stream's job was to make."""
        payload = sessions.jobs_of(self.video.pk).values_list("payload", flat=True).get()
        return [each["resolution"] for each in payload["output"]["toTranscode"]]

    def _described(self, top: NewFile) -> dict[str, Any]:
        """Return what the best rendition says of the video, and the pictures of it."""
        stand_in = Video(pk=self.video.pk, name=self.video.name, probe=top.probe)
        stand_in.source_name, stand_in.size_bytes = top.name, top.size_bytes
        return {
            "size_bytes": sum(each.size_bytes for each in self.made),
            "width": top.width,
            "height": top.height,
            "fps": float(top.fps),
            "has_audio": any(each.has_audio for each in self.made),
            **pictures.columns_of(stand_in),
        }

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Write the renditions and what the video is; the chunks may go."""
        rows = Video.objects.filter(pk=self.video.pk)
        rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **self.columns)
        for new in self.made:
            publication.add_rendition(self.video_job, new)
        closing.replayed(self.video.pk)
