"""Who may see a page. (What may run in it is the middleware's policy.)"""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from core.accounts.models import User

Page = Callable[..., HttpResponseBase]


def own_page(view: Page) -> Page:
    """Make a page for whoever is signed in, kept by no cache; others are sent to `/login/`."""
    return never_cache(login_required(view))


def user_of(request: HttpRequest) -> User:
    """Return the account behind a request that `own_page` has let in."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user
