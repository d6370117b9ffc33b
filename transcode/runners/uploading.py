"""The two doors to which runners send files, read while they arrive (contract, 2.6 and 2.7).

Django's own asynchronous views: a body that may be 20 GiB is not spooled first.
"""

import asyncio
import logging
from collections.abc import Collection

from django.db import Error as AnyDatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core.errors import FieldErrors
from core.tus.asgi import BODY
from core.tus.inflow import Inflow
from core.tus.threads import with_purpose
from transcode.runners import holding
from transcode.runners.holding import Held
from transcode.runners.problems import refusal
from transcode.runners.receiving import Reception
from transcode.runners.views import job_id_of

logger = logging.getLogger(__name__)

# A result that is refused is lost for good, so a database that is away is waited for.
RETRY_AFTER_S = (1.0, 4.0, 10.0)


@method_decorator(csrf_exempt, name="dispatch")
class UploadView(View):
    """What both doors share."""

    async def post(self, request: HttpRequest, job_uuid: str) -> HttpResponseBase:
        """Take one call."""
        try:
            await self._take(request, job_uuid)
        except Exception as error:  # noqa: BLE001 - what is not expected is raised again
            return refusal(error)
        return HttpResponse(status=204)

    async def _take(self, request: HttpRequest, job_uuid: str) -> None:
        body: Inflow = request.scope[BODY]  # type: ignore[attr-defined] # an ASGIRequest has one
        reception = Reception(request, job_id_of(job_uuid), self.wanted)
        try:
            await reception.read(body)
        except BaseException:
            await asyncio.shield(reception.discard())
            raise
        finally:
            await reception.close()
        await self.act(reception)

    @staticmethod
    def wanted(hold: Held) -> Collection[str]:
        """Return which files of a job are kept. Raises: `NotProcessing`."""
        raise NotImplementedError

    async def act(self, reception: Reception) -> None:
        """Do what was asked for; see to it that its files go, or have an owner."""
        raise NotImplementedError


class UpdateView(UploadView):
    """Where a runner says how far it is, and sends what a live job brings."""

    @staticmethod
    def wanted(hold: Held) -> Collection[str]:
        """Keep what a job at work may bring; what comes late is dropped."""
        return hold.kind.update_parts if hold.is_processing else ()

    async def act(self, reception: Reception) -> None:
        """Keep the lease, and pass on what came."""
        try:
            progress = progress_of(reception.progress)
            hold, fields, files = reception.hold, reception.fields, reception.files
            await with_purpose(holding.update, hold, progress, fields, files)
        finally:
            await asyncio.shield(reception.discard())


class SuccessView(UploadView):
    """Where a runner brings its result."""

    @staticmethod
    def wanted(hold: Held) -> Collection[str]:
        """Keep the files of the result."""
        hold.require_processing()
        return hold.kind.parts

    async def act(self, reception: Reception) -> None:
        """Hand the job over with its files, which are the finisher's from then on."""
        try:
            await _patiently(reception)
        except AnyDatabaseError:
            raise  # It may have been written: the files stay, and the sweep knows them.
        except Exception:
            await reception.discard()
            raise


async def _patiently(reception: Reception) -> None:
    for delay_s in RETRY_AFTER_S:
        try:
            await _hand_over(reception)
        except AnyDatabaseError as error:
            logger.warning("a result has to wait: %s", type(error).__name__)
            await asyncio.sleep(delay_s)
        else:
            return
    await _hand_over(reception)


async def _hand_over(reception: Reception) -> None:
    await with_purpose(holding.succeed, reception.hold, reception.fields, reception.files)


def progress_of(text: str | None) -> float | None:
    """Read a percentage as a fraction, rounded to a hundredth. Raises: `FieldErrors`."""
    if text is None:
        return None
    try:
        percentage = float(text)
    except ValueError:
        percentage = -1.0
    if not 0.0 <= percentage <= 100.0:
        raise FieldErrors({"progress": "A number from 0 to 100, please."})
    return round(percentage) / 100
