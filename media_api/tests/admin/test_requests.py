"""Requests in the admin: who may see and do what, and what the pages show."""

import pytest
from django.contrib.auth.models import Permission

from core.jobs.models import Job
from media_api import storage
from media_api.models import MediaRequest
from media_api.tests.requests_made import goes_on, keep_input, make_request
from tests.support.fixtures import make_account

LIST = "/admin/media_api/mediarequest/"
SECRET = "a secret of somebody's"


@pytest.fixture(autouse=True)
def _nobody_else(alone, transactional_db, settings, tmp_path):
    settings.MEDIA_API_PERSISTENCE = tmp_path / "media_api"


@pytest.fixture
def made(user):
    return make_request(user, name="Holiday <b>film.mov", webhook_secret=SECRET)


@pytest.fixture
def desk(client, staff):
    """Return a browser that is logged in as an administrator."""
    client.force_login(staff)
    return client


def act(browser, action, *rows, **more):
    """Press an action of the list's; return the page that follows."""
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return browser.post(LIST, chosen, follow=True)


def text_of(response):
    """Return the page, which is there."""
    assert response.status_code == 200
    return response.content.decode()


def page_of(request):
    return f"{LIST}{request.pk}/change/"


def status(request):
    return Job.objects.get(pk=request.job_id).status


def test_a_user_who_is_not_staff_sees_nothing(client, user, made):
    client.force_login(user)
    assert client.get(LIST).status_code == 302
    assert client.get(page_of(made)).status_code == 302


def test_nobody_makes_or_edits_a_request_by_hand(desk, made):
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(page_of(made), {"original_name": "x"}).status_code == 403
    assert MediaRequest.objects.get().original_name == made.original_name


@pytest.mark.parametrize("action", ["retry_requests", "cancel_requests", "delete_selected"])
def test_who_may_only_look_changes_nothing(client, made, action):
    onlooker = make_account("clerk@example.org", role="admin", is_superuser=False)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_mediarequest"))
    client.force_login(onlooker)
    assert client.get(page_of(made)).status_code == 200
    act(client, action, made, post="yes")
    assert client.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert status(made) == "queued"


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q='", "state=%00", "state=9", "request_type__exact=x", "o=99", "p=x",
     "webhook_secret__startswith=a", "idempotency_key__startswith=a"],
)  # fmt: skip
def test_a_hostile_query_breaks_nothing(desk, made, query):
    assert desk.get(f"{LIST}?{query}").status_code in (200, 302, 400)


def test_what_signs_a_webhook_is_never_shown(desk, made):
    assert SECRET not in text_of(desk.get(page_of(made)))


def test_requests_are_found_by_rid_name_owner_type_and_state(desk, made, other_user):
    other = make_request(other_user, name="other.wav", request_type="compress")
    goes_on(other, status="succeeded", result={"outputs": [], "error": {"code": "x"}})

    def found(query):
        text = text_of(desk.get(f"{LIST}?{query}"))
        return made.rid in text, other.rid in text

    assert found(f"q={made.rid}") == (True, False)
    assert found("q=OTHER") == (False, True)
    assert found("q=ada") == (True, False)
    assert found("request_type__exact=compress") == (False, True)
    assert found("state=3") == (False, True)
    assert found("state=2") == (False, False)
    assert found("state=0") == (True, False)


def test_the_page_of_a_request_shows_stages_attempts_outputs_and_leads_to_its_job(desk, made):
    goes_on(made).job.attempts.create(number=1, outcome="", holder="host-7")
    MediaRequest.objects.update(outputs=[{"name": "audio.mp3", "size_bytes": 2048, "sha256": ""}])

    text = text_of(desk.get(page_of(made)))

    assert "<b>film" not in text
    assert "extract_audio: 100%<br>transcribe: 50%" in text
    assert "audio.mp3, 2.0\xa0KB" in text
    assert "1. under way, begun" in text
    assert f"/admin/core/job/{made.job_id}/change/" in text
    assert 'name="_save"' not in text


def test_a_failed_request_says_why_and_where(desk, made):
    goes_on(made, status="failed", error_code="no_audio_stream", error_message="It is <silent>.")

    text = text_of(desk.get(page_of(made)))

    assert "It is &lt;silent&gt;. (no_audio_stream, stage 2)" in text
    assert "transcribe: ended here" in text


def test_a_stage_that_was_skipped_is_not_shown_as_done(desk, made):
    made.stages = ["extract_audio", "transcribe", "compress"]
    made.unmade = {"extract_audio": "failed", "transcribe": "skipped"}
    error = {"code": "no_audio_stream", "message": "Silence.", "stage": 1}
    at_compress = {"stage": "compress", "stage_index": 2}
    skipped = "extract_audio: {}<br>transcribe: not done<br>compress: {}"

    goes_on(made, **at_compress)
    assert skipped.format("failed", "50%") in text_of(desk.get(page_of(made)))
    goes_on(made, status="succeeded", result={"error": error}, **at_compress)
    assert skipped.format("ended here", "100%") in text_of(desk.get(page_of(made)))
    made.unmade["compress"] = "failed"
    goes_on(made, status="failed", result={"error": error}, **at_compress)
    assert skipped.format("ended here", "failed") in text_of(desk.get(page_of(made)))
    made.unmade = {}
    goes_on(made, status="cancelled", stage="extract_audio", stage_index=0, result=None)
    assert skipped.format("ended here", "not done") in text_of(desk.get(page_of(made)))


def test_only_the_page_of_a_request_under_way_reloads_itself(desk, made):
    reload = '<meta http-equiv="refresh" content="2">'
    assert reload in text_of(desk.get(page_of(made)))
    goes_on(made, status="failed")
    assert reload not in text_of(desk.get(page_of(made)))


def test_chosen_requests_are_cancelled_and_tried_again_while_the_input_is_there(desk, made, user):
    idle = make_request(user, name="idle")
    goes_on(idle, status="succeeded", result={"outputs": []})
    assert "1 of 2 media requests cancelled." in text_of(act(desk, "cancel_requests", made, idle))
    assert status(made) == "cancelled"

    refused = text_of(act(desk, "retry_requests", made))
    assert "The input of this request is not kept any more." in refused
    keep_input(made)
    assert "1 of 1 media requests tried again." in text_of(act(desk, "retry_requests", made))
    assert status(made) == "queued"


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_removed_request_takes_its_job_and_files_along(desk, made, way):
    keep_input(made)
    if way == "one":
        assert made.rid in text_of(desk.get(f"{LIST}{made.pk}/delete/"))
        text = text_of(desk.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}, follow=True))
    else:
        text = text_of(act(desk, "delete_selected", made, post="yes"))
    assert "uccessfully" in text
    assert not MediaRequest.objects.exists()
    assert not Job.objects.exists()
    assert not storage.data_folder(made.rid).exists()
