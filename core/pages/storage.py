"""How our own scripts and styles get names that may be cached for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_, IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """Names carry a hash of the content; without a collected copy, the plain name is served.

    ES modules import each other by relative names, which the hash has to reach as well.
    Django's switch for that covers every script of every package, and some of those quote
    imports in comments that lead nowhere (django-htmx 1.29); so only `static/js` is rewritten.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", IMPORTS))

    def stored_name(self, name: str) -> str:
        """Return the hashed name, or `name` itself where nothing was collected (tests)."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
