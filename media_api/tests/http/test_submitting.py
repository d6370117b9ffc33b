"""The six routes by which a request comes (Media API contract, 2.1 to 2.6)."""

import re

import pytest

from media_api import storage
from media_api.models import MediaRequest

ROUTES = ("compress", "extract-audio", "transcribe", "summarize", "file-to-text")


def folders():
    return sorted(path.name for path in storage.root().glob("data/*"))


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("route", ROUTES)
def test_a_file_is_taken_with_and_without_the_last_slash(post, route, slash):
    answer = post(route + slash, {}, b"some bytes", "Film.MP4")

    assert answer.status_code == 200, answer.content
    rid = answer.json()["rid"]
    assert list(answer.json()) == ["rid"]
    assert re.fullmatch(r"[0-9a-f]{32}", rid)
    assert (storage.data_folder(rid) / "raw.mp4").read_bytes() == b"some bytes"
    row = MediaRequest.objects.get(pk=rid)
    assert (row.original_name, row.job.status) == ("Film.MP4", "queued")


@pytest.mark.case("media_api", 1)
def test_data_has_to_be_there(post):
    answer = post("compress/", None, b"x")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "data"]
    assert answer.json()["detail"][0]["type"] == "missing"
    assert folders() == []


@pytest.mark.case("media_api", 2)
def test_data_has_to_be_json(post):
    answer = post("compress/", "{not json", b"x")

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)
    assert answer.json()["detail"][0]["type"] == "json_invalid"
    assert folders() == []


@pytest.mark.case("media_api", 3)
def test_there_has_to_be_something_to_work_on(post):
    answer = post("compress/", {})

    assert answer.status_code == 400
    assert answer.json() == {"detail": "Either a file or a url must be provided"}


@pytest.mark.case("media_api", 4)
def test_only_one_source_is_taken(post):
    answer = post("compress/", {"url": "https://disk.yandex.ru/i/abcdefghij1234"}, b"x")

    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "Only one of the following: url/file/path should be provided"
    }
    assert folders() == []


@pytest.mark.case("media_api", 20)
@pytest.mark.parametrize("data", [{"actions": []}, {}, {"actions": ["x"]}])
def test_a_mix_names_actions_that_there_are(post, data):
    answer = post("custom/", data, b"x")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "data", "actions"]
