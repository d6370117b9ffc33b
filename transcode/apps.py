"""The transcode app's registration with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_delete


class TranscodeConfig(AppConfig):
    """Videos, their renditions, and the runners that make them."""

    name = "transcode"
    verbose_name = "Video"

    def ready(self) -> None:
        """Let files go with their video, whoever deletes it: a cascade too."""
        from transcode.models import Video
        from transcode.videos.removal import video_deleted

        post_delete.connect(video_deleted, sender=Video)
