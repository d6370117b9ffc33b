"""The pages through which people come in and go out."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.accounts.login import BadCredentials, log_in_session, log_out_session, sign_up_session
from core.accounts.models import User
from core.errors import FieldErrors, Throttled
from core.pages.forms import LoginForm, SignUpForm
from core.pages.responses import user_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@get_or_post
def login(request: HttpRequest) -> HttpResponse:
    """Begin a session, then go on to `next` where that is a page of ours."""
    target = _local(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        return redirect(target) if _is_in(request) else _login_page(request, LoginForm(), target)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _login_page(request, form, target, status=400)
    try:
        log_in_session(request, **form.cleaned_data)
    except BadCredentials as refusal:
        form.add_error(None, str(refusal))
        return _login_page(request, form, target, status=401)
    except Throttled as refusal:
        form.add_error(None, _too_often(refusal))
        return _waiting(refusal, _login_page(request, form, target, status=429))
    return redirect(target)


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Stand in for the admin's own login page, on which nobody counts the guesses.

    Raises: `PermissionDenied` for whoever is in and is no staff: to sign in again is no help.
    """
    if _is_in(request) and not user_of(request).is_staff:
        raise PermissionDenied
    target = _local(request.GET.get("next") or reverse("admin:index"))
    return redirect(f"{reverse('login')}?{urlencode({'next': target})}")


@never_cache
@get_or_post
def logout(request: HttpRequest) -> HttpResponse:
    """End the session on a POST; a GET asks first, so that no foreign link can do it."""
    if not _is_in(request):
        return redirect("login")
    if request.method != "POST":
        return render(request, "core/logout.html")
    log_out_session(request)
    messages.info(request, "You are signed out.")
    return redirect("login")


@never_cache
@get_or_post
def signup(request: HttpRequest) -> HttpResponse:
    """Make an account and begin its session, unless `CORE_SIGNUP` is off."""
    if not settings.CORE_SIGNUP:
        return render(request, "core/signup_closed.html", status=403)
    if _is_in(request):
        return redirect("home")
    form = SignUpForm(request.POST or None)
    if not form.is_valid():
        return _signup_page(request, form, status=400 if form.is_bound else 200)
    try:
        sign_up_session(request, **form.cleaned_data)
    except FieldErrors as refusal:
        for field, sentences in refusal.fields.items():
            form.add_error(field if field in form.fields else None, sentences)
        return _signup_page(request, form, status=400)
    except Throttled as refusal:
        form.add_error(None, _too_often(refusal))
        return _waiting(refusal, _signup_page(request, form, status=429))
    return redirect("home")


def _is_in(request: HttpRequest) -> bool:
    return isinstance(request.user, User)


def _login_page(
    request: HttpRequest, form: Form, target: str, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "next": target, "is_signup_open": settings.CORE_SIGNUP}
    return render(request, "core/login.html", context, status=status)


def _signup_page(request: HttpRequest, form: Form, *, status: int) -> HttpResponse:
    return render(request, "core/signup.html", {"form": form}, status=status)


def _local(target: str) -> str:
    """Return `target` if it is a path on this server, else the start page."""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, None)
    return target if is_ours else settings.LOGIN_REDIRECT_URL


def _too_often(refusal: Throttled) -> str:
    minutes = max(1, round((refusal.retry_after_s or 60) / 60))
    return f"Too many attempts. Try again in {minutes} minute{'s'[: minutes != 1]}."


def _waiting(refusal: Throttled, response: HttpResponse) -> HttpResponse:
    if refusal.retry_after_s is not None:
        response["Retry-After"] = str(refusal.retry_after_s)
    return response
