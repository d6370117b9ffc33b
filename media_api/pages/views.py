"""The page of requests: its form has the defaults of `config.yaml`, its scripts do the rest."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages.responses import own_page, user_of
from media_api.backends import speech_languages
from media_api.config.live import current
from media_api.engines.actions import FITTING
from media_api.engines.words import (
    SAMPLE_RATES_HZ,
    AudioCodec,
    ChatModel,
    Preset,
    PrintLanguage,
    SpeechLanguage,
)
from media_api.models import MediaRequest
from media_api.schemas.defaults import defaults
from media_api.selectors import is_rid

LANGUAGES = {SpeechLanguage.AUTO: "Find out", SpeechLanguage.EN: "English", "ru": "Russian"}
PRINTED = {
    PrintLanguage.ENG: "English",
    PrintLanguage.RUS: "Russian",
    PrintLanguage.AUTO: "English and Russian",
}
MOST_RIDS = 100


@own_page
@require_safe
def requests_page(request: HttpRequest) -> HttpResponse:
    """Show the user's requests and the form for a new one."""
    config = current()
    heard = speech_languages(config)
    languages = {
        code: words for code, words in LANGUAGES.items() if code in (SpeechLanguage.AUTO, *heard)
    }
    context = {
        "defaults": defaults("custom", config),
        "fitting": json.dumps({name: sorted(actions) for name, actions in FITTING.items()}),
        "is_any_link_taken": config.allow_remote_urls,
        "languages": languages,
        "models": list(ChatModel) if config.summary.backend == "gigachat" else [],
        "presets": list(Preset),
        "printed": PRINTED,
        "rates_hz": sorted(SAMPLE_RATES_HZ[AudioCodec.AAC]),
    }
    return render(request, "media_api/requests.html", context)


@own_page
@require_safe
def stages(request: HttpRequest) -> HttpResponse:
    """Name the stages of the user's requests `?rid=…&rid=…`, which the API only counts.

    `unmade` says of one that has `failed` or was `skipped`; of others it is empty.
    """
    rids = [UUID(rid) for rid in request.GET.getlist("rid")[:MOST_RIDS] if is_rid(rid)]
    rows = MediaRequest.objects.filter(owner=user_of(request), pk__in=rids)
    return JsonResponse({row.rid: [_stage(row, name) for name in row.stages] for row in rows})


def _stage(row: MediaRequest, name: str) -> dict[str, str]:
    return {"name": name, "unmade": row.unmade.get(name, "")}
