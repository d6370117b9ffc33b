"""Asking for a call to be made."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from core.accounts.models import User
from core.jobs import lifecycle
from core.jobs.models import Job
from core.jobs.storable import storable_text
from core.kinds.webhook import CallWebhook
from core.net.urls import check_url
from core.webhooks.models import Webhook


def announce(url: str, secret: str, body: Mapping[str, Any], *, owner: User | None) -> Job:
    """Queue a POST of `body` as JSON, signed with `secret` unless that is empty.

    Called in the transaction that makes the news true, so that there is a call for each.
    A receiver may get one twice: when we die between its answer and our writing it down.
    Raises: `ForbiddenAddress`.
    """
    check_url(url, allow=settings.OUTBOUND_ALLOW)
    text = storable_text(json.dumps(body, ensure_ascii=False, allow_nan=False))
    with transaction.atomic():
        job = lifecycle.enqueue(CallWebhook, owner=owner, params={})
        Webhook.objects.create(job=job, url=url, secret=secret, body=text)
    return job
