"""`languages/`: what can be recognised here."""

import importlib.util

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.ocr.engines import installed_languages
from core.uploads import schema
from core.uploads.views.base import UploadsView


class LanguagesView(UploadsView):
    """The languages whose data is installed."""

    @extend_schema(
        operation_id="core_languages", tags=schema.TAGS, responses=schema.LanguagesSerializer
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """List the installed languages and name the engine."""
        found = installed_languages()
        return Response(
            {"installed": list(found.languages), "osd": found.osd, "engine": _engine_name()}
        )


def _engine_name() -> str:
    """Return the engine that a worker here would use, without loading it."""
    wanted = str(settings.CORE_OCR_ENGINE)
    if wanted != "auto":
        return wanted
    return "tesserocr" if importlib.util.find_spec("tesserocr") else "pytesseract"
