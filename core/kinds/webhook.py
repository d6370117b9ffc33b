"""`core.webhook`: deliver one call, in six tries over an hour (media contract, 8.4)."""

import time

import httpx
from django.conf import settings
from django.utils import timezone

from core.errors import InvalidInput, JobError, TemporaryFailure
from core.jobs.kinds import JobKind
from core.jobs.models import JobAttempt
from core.jobs.types import Json
from core.net.clients import client
from core.webhooks.models import Webhook
from core.webhooks.signing import SIGNATURE_HEADER, signature

EXCHANGE_S = 30.0
ACTIVE_PER_OWNER = 2


class CallWebhook(JobKind):
    """POST what lies in the job's `Webhook` row. Result: `{"last_status", "attempts"}`.

    Delivered is what was answered with 2xx. All else is tried again, redirects too, which are
    not followed: a receiver that is being set up answers with anything. An address that must
    not be reached is final.
    """

    name = "core.webhook"
    title = "Webhook"
    queue = "io"
    stages = ("send",)
    max_attempts = 6
    retry_delays_s = (30.0, 120.0, 450.0, 1000.0, 2000.0)
    time_limit_s = 120.0

    @classmethod
    def active_limit(cls) -> int:
        """Let the others of this user wait: a receiver may take its time with each."""
        return ACTIVE_PER_OWNER

    def run(self) -> Json:
        """Send it once, and write down what came of it."""
        self._repeat_earlier_lines()
        webhook = Webhook.objects.filter(pk=self.job.pk).first()
        if webhook is None or webhook.delivered_at:
            raise InvalidInput("There is nothing to send.")
        self.report("send", 0.0)
        with self.heartbeat():
            status = self._send(webhook)
        Webhook.objects.filter(pk=self.job.pk).update(last_status=status)
        if not 200 <= status < 300:
            message = f"The receiver answered with status {status}."
            raise TemporaryFailure(message, code="webhook_refused")
        return {"last_status": status, "attempts": self.job.attempt}

    def publish(self, result: Json) -> None:  # noqa: ARG002 - the row holds it
        """Say that it was delivered, and keep no secret any longer."""
        delivered = Webhook.objects.filter(pk=self.job.pk)
        delivered.update(delivered_at=timezone.now(), secret="", body="")

    def _send(self, webhook: Webhook) -> int:
        """Return the status of the answer, whose body is not read. Raises: `JobError`."""
        body = webhook.body.encode()
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers[SIGNATURE_HEADER] = signature(webhook.secret, body, sent_at=int(time.time()))
        way_out = client(allow=settings.OUTBOUND_ALLOW, total_s=EXCHANGE_S)
        try:
            with (
                way_out,
                way_out.stream("POST", webhook.url, content=body, headers=headers) as response,
            ):
                self._log(f"status {response.status_code}")
                return response.status_code
        except httpx.HTTPError as error:
            self._log(f"no answer ({type(error).__name__})")
            message = "The receiver could not be reached."
            raise TemporaryFailure(message, code="webhook_unreachable") from error
        except JobError as error:
            self._log(error.code)
            raise

    def _log(self, what: str) -> None:
        at = timezone.now().isoformat(timespec="seconds")
        self.holding.log(f"{at} attempt {self.job.attempt}: {what}")

    def _repeat_earlier_lines(self) -> None:
        """Begin the log with that of the attempt before, since people see the newest alone."""
        before = JobAttempt.objects.filter(job=self.job, number__lt=self.job.attempt)
        newest = before.order_by("-number").first()
        for line in newest.log.splitlines() if newest else ():
            self.holding.log(line)
