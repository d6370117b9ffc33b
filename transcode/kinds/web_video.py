"""`transcode.vod-web-video-transcoding`: one rendition as a progressive MP4 (contract, 4.2)."""

from pathlib import Path

from core.jobs.types import Json
from transcode.kind import VideoKind
from transcode.models import JobType
from transcode.videos import placing, publication
from transcode.videos.publication import NewFile


class Progressive(VideoKind):
    """Whatever brings one progressive MP4."""

    parts = ("videoFile",)

    made: NewFile

    def finish_with(self, made: Json) -> Json:
        """Check the file and place it."""
        self.report("publish", 0.0)
        with self.heartbeat():
            self.made = placing.check_and_place_web_video(
                self.job, self.video_job, Path(made["videoFile"]), runner=self.program
            )
        return publication.summary(self.made)

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Write the rendition's row."""
        publication.add_rendition(self.video_job, self.made)


class WebVideo(Progressive):
    """Encode one rendition that plays while it is fetched."""

    name = "transcode.vod-web-video-transcoding"
    title = "Web video"
    type = JobType.WEB_VIDEO

    def encode(self) -> Json:
        """Make the rendition here."""
        from transcode.local.encoding import encode_web_video

        return encode_web_video(self)
