"""`GET uploads/`: own ones, newest first, filtered, in pages of three kinds."""

from datetime import UTC, datetime, timedelta

import pytest

from core.tests.uploads.conftest import UPLOADS, tiny_png
from core.tests.uploads.making import claimed, made, processed
from core.uploads import services
from core.uploads.models import Upload
from core.uploads.views import collection

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def five(user):
    """Make five uploads, an hour apart, the last one newest."""
    uploads = [made(user, tiny_png(n), process=False) for n in range(5)]
    for hour, upload in enumerate(uploads):
        moment = NOON + timedelta(hours=hour)
        Upload.objects.filter(pk=upload.pk).update(created_at=moment, updated_at=moment)
    return [str(upload.pk) for upload in uploads]


def ids(answer):
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return [item["id"] for item in (body if isinstance(body, list) else body["results"])]


def test_a_list_needs_a_login(client):
    assert client.get(UPLOADS).status_code == 401


def test_others_and_deleted_ones_are_not_listed(api, user, other_user):
    made(other_user)
    gone = made(user, tiny_png(1))
    services.delete_upload(owner=user, upload_id=gone.pk)
    mine = made(user, tiny_png(2))

    assert ids(api.get(UPLOADS)) == [str(mine.pk)]


def test_without_paging_keys_it_is_an_array_newest_first(api, five):
    answer = api.get(UPLOADS)

    assert ids(answer) == five[::-1]
    assert answer["X-Total-Count"] == "5"
    assert "Link" not in answer


def test_a_long_array_goes_on_behind_its_link(api, five, monkeypatch):
    monkeypatch.setattr(collection, "ARRAY_MAX", 2)

    seen, address = [], f"{UPLOADS}?ordering=created_at"
    while address:
        answer = api.get(address)
        assert answer["X-Total-Count"] == "5"
        seen += ids(answer)
        link = answer.get("Link", "")
        address = link.partition("<")[2].partition(">")[0]

    assert seen == five
    assert 'rel="next"' not in link


@pytest.mark.parametrize("before", ["x", "../", "5"])
def test_a_cursor_that_is_none_is_404(api, before):
    assert api.get(UPLOADS, {"before": before}).status_code == 404


def test_a_cursor_of_another_user_tells_nothing(api, five, other_user):
    theirs = made(other_user)

    assert api.get(UPLOADS, {"before": str(theirs.pk)}).status_code == 404


def test_a_page_goes_on_behind_an_upload_that_was_deleted_since(api, user, five):
    services.delete_upload(owner=user, upload_id=five[2])

    assert ids(api.get(UPLOADS, {"before": five[2]})) == [five[1], five[0]]


def test_with_paging_keys_it_is_pages(api, five):
    body = api.get(UPLOADS, {"page": 2, "page_size": 2}).json()

    assert body["count"] == 5
    assert [item["id"] for item in body["results"]] == [five[2], five[1]]
    assert "page=3" in body["next"]
    assert body["previous"]


def test_a_page_is_never_longer_than_200(api, five):
    assert len(api.get(UPLOADS, {"page_size": 100000}).json()["results"]) == 5
    assert collection.UploadPages.max_page_size == 200


@pytest.mark.parametrize("page", ["0", "-1", "x", "9999999999999999999999", "3"])
def test_a_page_that_is_not_there_is_404(api, five, page):
    assert api.get(UPLOADS, {"page": page, "page_size": 3}).status_code == 404


@pytest.fixture
def of_each(user):
    """Make one upload of every status."""
    uploads = {
        "uploaded": made(user, tiny_png(1), process=False),
        "pending": made(user, tiny_png(2)),
    }
    uploads["processing"] = made(user, tiny_png(3))
    claimed(uploads["processing"])
    uploads["processed"] = processed(user, content=tiny_png(4))
    uploads["error"] = made(user, tiny_png(5))
    services.cancel_upload(owner=user, upload_id=uploads["error"].pk)
    return {status: str(upload.pk) for status, upload in uploads.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=pending", {"pending"}),
        ("status=uploaded", {"uploaded", "pending"}),
        ("status=processed,error", {"processed", "error"}),
        ("status=processed&status=error", {"processed", "error"}),
        ("status=processing, nonsense", {"processing"}),
        ("status=nonsense", {"uploaded", "pending", "processing", "processed", "error"}),
        ("status=", {"uploaded", "pending", "processing", "processed", "error"}),
        ("status=cancelled,running", {"uploaded", "pending", "processing", "processed", "error"}),
    ],
)
def test_statuses_narrow_the_list_and_unknown_ones_are_ignored(api, of_each, query, found):
    assert set(ids(api.get(f"{UPLOADS}?{query}"))) == {of_each[status] for status in found}


@pytest.mark.case("core", 53)
def test_search_is_case_insensitive_in_cyrillic_and_beside_statuses(api, user):
    invoice = processed(user, "ИНВОЙС № 7", content=tiny_png(1))
    processed(user, "Письмо", content=tiny_png(2))
    pending = made(user, tiny_png(3))
    Upload.objects.filter(pk=pending.pk).update(search_text="инвойс")

    answer = api.get(f"{UPLOADS}?status=processed,error&search=инвойс")

    assert ids(answer) == [str(invoice.pk)]


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("STRASSE", True),
        ("straße", True),
        ("100%", True),
        ("100_", False),
        ("%", True),
        ("\\", False),
        ("no such", False),
        ("world", True),
        ("streetworld", False),
        ("'; DROP TABLE", False),
    ],
)
def test_search_is_a_plain_substring_of_either_text(api, user, search, is_found):
    upload = processed(user, "# Straße 100% street")
    services.update_upload(owner=user, upload_id=upload.pk, data={"processed_text": "World"})

    assert bool(ids(api.get(UPLOADS, {"search": search}))) == is_found


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("no such", False),
        (".*", False),
        (")(", False),
        ("[a-z]", False),
        ("$", False),
        ("***=x", False),
        ("\\", False),
        ("счёт (май", True),
        ("STRASSE", True),
        ("1+1", True),
        (".PNG", True),
    ],
)
def test_a_file_is_found_by_its_text_or_its_name(api, user, words, is_found):
    upload = processed(user, "Straße")
    services.update_upload(owner=user, upload_id=upload.pk, data={"filename": "СЧЁТ (Май) 1+1.png"})

    assert bool(ids(api.get(UPLOADS, {"text_or_name": words}))) == is_found


def test_search_alone_looks_in_no_name(api, user):
    upload = processed(user, "text")
    services.update_upload(owner=user, upload_id=upload.pk, data={"filename": "invoice.png"})

    assert ids(api.get(UPLOADS, {"search": "invoice"})) == []
    assert ids(api.get(UPLOADS, {"search": "text", "text_or_name": "invoice"})) == [str(upload.pk)]


def test_nobody_elses_file_is_found_by_its_name(api, other_user):
    upload = made(other_user)
    Upload.objects.filter(pk=upload.pk).update(filename="invoice.png")

    assert ids(api.get(UPLOADS, {"text_or_name": "invoice"})) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"created_after": "2024-05-01T13:00:00Z"}, [4, 3, 2, 1]),
        ({"created_before": "2024-05-01T13:00:00Z"}, [1, 0]),
        (
            {"created_after": "2024-05-01T15:00:00+02:00", "created_before": "2024-05-01T14:00:00"},
            [2, 1],
        ),
        ({"created_after": "2024-05-01 15:30"}, [4]),
        ({"created_after": "2030-01-01"}, []),
        ({"created_after": ""}, [4, 3, 2, 1, 0]),
    ],
)
def test_times_are_inclusive_and_naive_ones_in_the_servers_zone(api, five, query, found):
    assert ids(api.get(UPLOADS, query)) == [five[index] for index in found]


def test_a_plus_sign_that_was_not_encoded_is_understood(api, five):
    assert ids(api.get(f"{UPLOADS}?created_after=2024-05-01T17:30:00+02:00")) == [five[4]]


@pytest.mark.parametrize(
    "value", ["yesterday", "2024-13-01", "2024-05-01T99:00", "5", "0000-00-00", "9" * 400]
)
@pytest.mark.parametrize("name", ["created_after", "created_before"])
def test_a_time_that_is_none_is_400(api, name, value):
    answer = api.get(UPLOADS, {name: value})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]


def test_a_hash_finds_its_upload_in_either_letter_case(api, user):
    upload = made(user)
    made(user, tiny_png(1))

    assert ids(api.get(UPLOADS, {"image_hash": upload.image_hash.upper()})) == [str(upload.pk)]


@pytest.mark.parametrize(
    ("code", "is_found"), [("eng", True), ("rus", True), ("en", False), ("ng", False)]
)
def test_a_language_is_found_alone_or_beside_others(api, user, code, is_found):
    processed(user)
    Upload.objects.update(detected_language="eng+rus")

    assert bool(ids(api.get(UPLOADS, {"language": code}))) == is_found


@pytest.mark.parametrize(
    ("ordering", "newest_first"),
    [
        ("created_at", False),
        ("-updated_at", True),
        ("updated_at", False),
        ("owner__password", True),
    ],
)
def test_only_the_documented_orderings_exist(api, five, ordering, newest_first):
    expected = five[::-1] if newest_first else five

    assert ids(api.get(UPLOADS, {"ordering": ordering})) == expected


@pytest.mark.parametrize(
    "query", ["search=%00", "image_hash=%00", "language=%00", "status=%00", "search=%ED%A0%80"]
)
def test_a_query_that_no_column_can_hold_is_no_crash(api, user, query):
    processed(user)

    assert api.get(f"{UPLOADS}?{query}").status_code in (200, 400)


def test_the_cost_of_a_list_does_not_grow_with_its_length(api, user, django_assert_num_queries):
    for number in range(4):
        processed(user, content=tiny_png(number))

    with django_assert_num_queries(3):
        api.get(UPLOADS)
