"""Who may act on runners here: those of the staff who may do so through the API's permission."""

from django.http import HttpRequest

MANAGE_RUNNERS = "transcode.manage_runners"


def may_manage_runners(request: HttpRequest) -> bool:
    """Return whether whoever asks may remove runners, make tokens, cancel jobs."""
    user = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(MANAGE_RUNNERS))
