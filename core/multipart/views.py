"""Forms as they arrive, for views that are otherwise like any other."""

import asyncio
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from core.api.parsers import NoBody
from core.multipart.forms import FormReader
from core.realtime.asgi import Message, Scope
from core.tus.asgi import BODY
from core.tus.inflow import HOP_BYTES, Inflow
from core.tus.threads import with_rows, with_view

FORM = "multipart/form-data"
View = Callable[..., HttpResponseBase]
MakeReader = Callable[[HttpRequest], FormReader]
_ARRIVED = "arrived_form"


class FormsAsTheyArrive(NoBody):
    """The parser of DRF's views that are behind `with_form`: it leaves forms to `form_of`."""

    media_type = FORM


def forms_at(paths: str) -> Callable[[Scope], bool]:
    """Return what tells the forms posted to a path (a pattern), for `UnspooledBodies`."""
    pattern = re.compile(paths)

    def takes(scope: Scope) -> bool:
        kind = dict(scope["headers"]).get(b"content-type", b"").partition(b";")[0]
        is_form = kind.strip().lower() == FORM.encode()
        return is_form and scope["method"] == "POST" and bool(pattern.fullmatch(scope["path"]))

    return takes


def body_of(request: HttpRequest) -> Inflow:
    """Return the body of a request as it arrives: as the ASGI layer left it, else as Django reads.

    The latter is so behind a server without that layer (WSGI, Django's test client).
    """
    scope: Scope = getattr(request, "scope", {})
    if BODY in scope:
        body: Inflow = scope[BODY]
        return body

    async def receive() -> Message:
        piece = await asyncio.to_thread(request.read, HOP_BYTES)
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    return Inflow(receive)


def form_of(request: HttpRequest | Request) -> FormReader | None:
    """Return the form that has come with a request; None where it brings something else.

    Raises: what its reading was refused with.
    """
    arrived: FormReader | Exception | None = getattr(request, _ARRIVED, None)
    if isinstance(arrived, Exception):
        raise arrived
    return arrived


def with_form(view: View, make_reader: MakeReader) -> Callable[..., Any]:
    """Have forms read before a view is called, which asks for them by `form_of`.

    The view runs in a pool of eight threads of its process: what it does to files is done for
    so many at once. What was refused is raised there, so that errors look as the view has them
    look. Files that the view has neither moved nor kept (`FormReader.keep`) go with the request.
    """

    def answer(
        reader: FormReader | None, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            if reader:  # Writing a small file is not worth a change of threads of its own.
                reader.settle()
        except OSError as error:
            setattr(request, _ARRIVED, error)
        return view(request, *args, **kwargs)

    @wraps(view)
    async def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or request.content_type != FORM:
            return await with_view(view, request, *args, **kwargs)
        # Django's own parser leaves the body alone; a CSRF token comes in its header.
        request.POST = QueryDict()
        reader = await _arrived(request, make_reader)
        try:
            return await with_view(answer, reader, request, *args, **kwargs)
        finally:
            if reader:
                await asyncio.shield(reader.discard())

    return serve


async def _arrived(request: HttpRequest, make_reader: MakeReader) -> FormReader | None:
    """Read a form and lay it, or its refusal, beside the request."""
    try:
        reader = await with_rows(make_reader, request)
        await reader.receive(body_of(request))
    except Exception as error:  # noqa: BLE001 - the view answers for it
        setattr(request, _ARRIVED, error)
        return None
    setattr(request, _ARRIVED, reader)
    return reader
