"""What a job of this app has beyond the kernel's row."""

from django.db import models
from django.utils import timezone

from core.jobs.models import Job
from transcode.models.runners import Runner
from transcode.models.videos import Video

# In `private_payload`: the id of the upload that a job may follow while its file arrives.
GROWING_INPUT = "growing_input"


class JobType(models.TextChoices):
    """PeerTube's seven types, and two that only our own workers do."""

    HLS = "vod-hls-transcoding"
    WEB_VIDEO = "vod-web-video-transcoding"
    AUDIO_MERGE = "vod-audio-merge-transcoding"
    LIVE = "live-rtmp-hls-transcoding"
    STUDIO = "video-studio-transcoding"
    TRANSCRIPTION = "video-transcription"
    STORYBOARD = "generate-video-storyboard"
    REMUX = "remux"
    REPLAY = "replay"


class VideoJob(models.Model):
    """One job on a video: the kernel's row says where it stands, this one what it is about.

    `payload` is what a runner gets, `private_payload` what stays here. `token_hash` is the
    SHA-256 of the token of the runner's present or last hold, in hex; the kernel's lease
    token is its first half. It is erased when the runner's right to the job ends, and stays
    while its result is finished and after, so that late calls are recognised.
    `withheld` keeps offers from runners: `{"<runner id>": "<ISO time until>"}`;
    `failed_by` counts what a runner failed: `{"<runner id>": {"count", "at"}}`.
    Progress is a fraction; `progressed_at` is when `seen_progress` last changed.
    `waits_since` copies from the kernel's row what runners are offered the jobs by: thousands
    that wait need not be sorted for each question.
    `result` is what the finisher finds: names of staged files and checked fields.
    """

    job = models.OneToOneField(
        Job, primary_key=True, on_delete=models.CASCADE, related_name="video_job"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="jobs")
    type = models.CharField(max_length=40, choices=JobType)
    resolution = models.PositiveIntegerField(null=True)
    fps = models.PositiveIntegerField(null=True)
    round = models.PositiveIntegerField(default=1, help_text="The video's round it belongs to.")
    weight = models.FloatField(default=1.0, help_text="Its share of the video's progress.")
    is_counted = models.BooleanField(default=True, help_text="The video waits for it.")
    is_optional = models.BooleanField(default=False, help_text="It may be published without.")
    priority = models.IntegerField(default=100, help_text="Lower is first.")
    payload = models.JSONField(default=dict)
    private_payload = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    runner = models.ForeignKey(Runner, null=True, on_delete=models.SET_NULL, related_name="jobs")
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    withheld = models.JSONField(default=dict)
    failed_by = models.JSONField(default=dict)
    cut = models.PositiveIntegerField(
        default=0, help_text="The video's cut when the job was last taken: what it is made of."
    )
    result = models.JSONField(null=True)
    best_progress = models.FloatField(default=0.0, help_text="Over all attempts of a round.")
    seen_progress = models.FloatField(default=0.0, help_text="Of the present attempt.")
    progressed_at = models.DateTimeField(default=timezone.now)
    waits_since = models.DateTimeField(
        null=True, default=timezone.now, help_text="Empty unless the job is queued."
    )

    class Meta:
        indexes = [
            models.Index(fields=["video", "round"], name="video_job_round"),
            models.Index(fields=["runner"], name="video_job_runner"),
            models.Index(
                fields=["priority", "waits_since", "job"],
                name="video_job_urgent",
                condition=models.Q(waits_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.job_id}"

    @property
    def has_to_wait(self) -> bool:
        """Whether the file it works on is still on its way: only our own workers can follow it."""
        return GROWING_INPUT in self.private_payload and not self.video.source_name
