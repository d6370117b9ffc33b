"""The app's place in Django."""

from django.apps import AppConfig


class MediaApiConfig(AppConfig):
    """Compress, extract audio, transcribe, summarise, text from images, any mix."""

    name = "media_api"
    label = "media_api"
    verbose_name = "Media API"
