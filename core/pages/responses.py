"""What every page of the dashboard has in common: who may see it, and what may run in it."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from core.accounts.models import User

Page = Callable[..., HttpResponseBase]

# Own scripts, styles and pictures only, and nothing written inside the page (CSP level 3).
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def open_page(view: Page) -> Page:
    """Make a page for anyone: never kept by a cache, and closed to foreign scripts."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        response = view(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return never_cache(guarded)


def own_page(view: Page) -> Page:
    """Make a page for whoever is signed in; others are sent to `/login/` and back."""
    return open_page(login_required(view))


def user_of(request: HttpRequest) -> User:
    """Return the account behind a request that `own_page` has let in."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user
