"""Forms (`multipart/form-data`) read while they arrive: files go straight to their place.

Django writes a body to disk before a view runs, and the view then copies it. Here nothing is
written before the view's own rules have said where to, and what is not wanted is not written.

Three things make a door:

1. `backend/asgi.py` names its path, so that the body stays in the scope:
   `UnspooledBodies(django, ..., forms_at(r"/api/v1/things/?"))`.
2. A function that makes the reader of a request. It may refuse: nothing was asked of the
   client by then. It runs in a thread, and may read rows.
3. `with_form` around the view (DRF's or Django's own), in which `form_of` gives what came.

    def reader(request: HttpRequest) -> FormReader:
        authenticated(request)  # 401 before the body

        async def place(part: Begin, texts: Mapping[str, str]) -> Path | None:
            return folder / "raw" if part.name == "file" else None  # None: it is dropped

        return FormReader(request.headers["Content-Type"], place, is_hashed=True,
                          limits=Limits(whole_bytes=5 * 2**30))

    class ThingsView(APIView):
        parser_classes = (FormsAsTheyArrive, StrictJSONParser)

        def post(self, request: Request) -> Response:
            form = form_of(request)  # None where the request was no form at all
            data, file = form.texts.get("data"), form.files.get("file")
            ...  # file.path, file.filename, file.size_bytes, file.sha256
            form.keep()  # or move the files away: what lies there after the view goes

    urlpatterns = [path("things/", with_form(ThingsView.as_view(), reader))]

An asynchronous view of Django's own may as well call the reader itself:
`await FormReader(...).read(body_of(request))`; a failure leaves nothing behind, and after a
success whoever refuses the rest calls `discard`.
"""

from core.multipart.forms import FormFile, FormReader, Limits, Place
from core.multipart.parts import Begin, NotAForm
from core.multipart.views import FormsAsTheyArrive, body_of, form_of, forms_at, with_form

__all__ = [
    "Begin",
    "FormFile",
    "FormReader",
    "FormsAsTheyArrive",
    "Limits",
    "NotAForm",
    "Place",
    "body_of",
    "form_of",
    "forms_at",
    "with_form",
]
