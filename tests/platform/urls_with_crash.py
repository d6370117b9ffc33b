"""The platform's addresses and two that crash."""

from django.urls import path

from backend.urls import *  # noqa: F403 - with its handlers
from backend.urls import urlpatterns as real


def crash(request):
    raise RuntimeError("/srv/secret/path")


urlpatterns = [path("api/v1/crash/", crash), path("crash/", crash), *real]
