"""`transcode.generate-video-storyboard`: small pictures of a video in one JPEG (contract, 4.6)."""

from pathlib import Path

from core.after_commit import after_commit
from core.errors import JobError
from core.jobs.types import Json
from core.media.ffmpeg import ffmpeg
from core.media.probe import keyframes, probe
from transcode.engines import commands
from transcode.engines.bitrates import longest_gap_s
from transcode.engines.checks import check_storyboard
from transcode.engines.graphs import Source
from transcode.engines.storyboard import Grid
from transcode.kind import STORYBOARD_SINCE, VideoKind
from transcode.models import JobType, Runner
from transcode.videos import cuts, events, selectors, storage, storyboards

# How much of a file is looked at to tell how far its key frames lie apart.
LOOKED_AT_S = 60.0


class Storyboard(VideoKind):
    """Make the storyboard of a published video."""

    name = "transcode.generate-video-storyboard"
    title = "Storyboard"
    type = JobType.STORYBOARD
    stall = "storyboard"
    parts = ("storyboardFile",)

    placed_as: str

    @classmethod
    def may_be_offered(cls, runner: Runner) -> bool:
        """Offer it only to who names the type or is new enough: others drop it silently (2.4)."""
        if not runner.job_types and _version(runner.version) < STORYBOARD_SINCE:
            return False
        return super().may_be_offered(runner)

    @property
    def grid(self) -> Grid:
        """What was asked for. Raises: `JobError` when the video is too short meanwhile."""
        grid = storyboards.grid_for(self.video)
        if grid is None:
            raise JobError("This video gets no storyboard.", code="no_storyboard")
        return grid

    def encode(self) -> Json:
        """Make the picture here."""
        self.report("encode", 0.0)
        best = selectors.max_quality(self.video)
        if best is None:
            raise JobError("There is no file to take pictures of.", code="no_source")
        target = self.scratch / "storyboard.jpg"
        with storage.local_path(best.name) as path, self.heartbeat():
            source, grid = Source(path, probe(path, runner=self.program)), self.grid
            looked_at_s = min(LOOKED_AT_S, source.info.duration_s)
            found = keyframes(path, until_s=LOOKED_AT_S, runner=self.program)
            is_dense = longest_gap_s(found, looked_at_s) <= grid.sprite_duration_s
            command = commands.storyboard(source, grid, target, is_from_keyframes=is_dense)
            ffmpeg(command.inputs, command.output, demuxers=command.demuxers, runner=self.program)
        return {"storyboardFile": str(target)}

    def finish_with(self, made: Json) -> Json:
        """Check the picture's size and place it."""
        self.report("publish", 0.0)
        name, grid = storyboards.name_for(self.video.pk, self.job), self.grid
        with self.heartbeat(), storage.wherever(Path(made["storyboardFile"]), name) as path:
            check_storyboard(path, grid)
        storage.place(Path(made["storyboardFile"]), name)
        self.placed_as = name
        return {"width": grid.width, "height": grid.height}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - it sums up what was placed
        """Show it in the place of the old one. Raises: `Outdated`."""
        storyboards.put(self.video.pk, self.placed_as, self.grid)
        cuts.require_present(self.video_job)
        after_commit(events.publish_changed, self.video.pk)


def _version(text: str) -> tuple[int, ...]:
    """Read `0.3.1`, `0.4.0-rc1`; what is no version is older than all."""
    parts = text.partition("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
