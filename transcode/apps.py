"""The transcode app's registration with Django."""

from django.apps import AppConfig


class TranscodeConfig(AppConfig):
    """Videos, their renditions, and the runners that make them."""

    name = "transcode"
    verbose_name = "Video"
