"""The app's place in Django."""

from django.apps import AppConfig


class MediaApiConfig(AppConfig):
    """Compress, extract audio, transcribe, summarise, text from images, any mix."""

    name = "media_api"
    label = "media_api"
    verbose_name = "Media API"

    def ready(self) -> None:
        """Say for every app which engine listens to speech: our `config.yaml` has the settings."""
        from core.speech.chosen import choose_with
        from media_api.backends import speech_choice

        choose_with(speech_choice)
