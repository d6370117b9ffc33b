"""The platform's addresses, and `/api/v1/empty/`: who asks is known, a form is read, no more."""

from django.urls import path
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class EmptyView(APIView):
    """The least that an authenticated view which takes a form can be."""

    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        """Look at the form, and answer."""
        return Response({"rid": str(request.data["file"].size)})


urlpatterns = [path("api/v1/empty/", EmptyView.as_view()), *urlpatterns]
