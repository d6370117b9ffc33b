"""Forms for views: nothing is read for strangers, what a view does not take goes."""

import asyncio
from functools import partial

import pytest
from django.http import JsonResponse
from django.test import RequestFactory

from core.errors import FieldErrors, JobError
from core.multipart import FormReader, Limits, NotAForm, form_of, forms_at, with_form
from core.tests.multipart.conftest import END, KIND, file, text
from core.tus.errors import TooLarge

# Nothing here reads a table, but the threads close the connections that older tests left.
pytestmark = pytest.mark.django_db

BODY = text("name", b"x") + file("file", b"abc", "a.mp4") + END


@pytest.fixture
def make_reader(tmp_path):
    """Return a function that makes the reader of a request, for a file called `file`."""

    async def place(part, _texts):
        return tmp_path / "raw" if part.name == "file" else None

    def make(request):
        limits = Limits(whole_bytes=1000)
        return FormReader(request.headers["Content-Type"], place, limits=limits)

    return make


@pytest.fixture
def call(make_reader):
    """Return a function that posts a body to a view, as behind a server without our layer."""

    def post(view, body=BODY, kind=KIND, reader=make_reader, method="POST"):
        request = RequestFactory().generic(method, "/", body, CONTENT_TYPE=kind)
        return asyncio.run(with_form(view, reader)(request))

    return post


def names(request):
    form = form_of(request)
    return JsonResponse({"texts": form.texts, "files": list(form.files)} if form else {})


def scope_of(kind: bytes, path="/things/", method="POST"):
    return {"path": path, "method": method, "headers": [(b"content-type", kind)]}


@pytest.mark.parametrize(
    ("scope", "is_so"),
    [
        (scope_of(b"multipart/form-data; boundary=x"), True),
        (scope_of(b"Multipart/Form-Data;boundary=x", path="/things"), True),
        (scope_of(b"application/json"), False),
        (scope_of(b""), False),
        (scope_of(b"multipart/form-data", method="GET"), False),
        (scope_of(b"multipart/form-data", path="/things/else"), False),
    ],
)
def test_a_form_is_told_by_method_type_and_path(scope, is_so):
    assert forms_at(r"/things/?")(scope) is is_so


def test_who_is_refused_is_asked_for_no_byte(make_reader):
    class Body:
        def read(self, *_size):
            raise AssertionError("a byte was asked for")

    def refuse(_request):
        raise JobError("Nobody may.")

    request = RequestFactory().post("/", CONTENT_TYPE=KIND)
    request._stream = Body()

    with pytest.raises(JobError, match="Nobody may"):
        asyncio.run(with_form(names, refuse)(request))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"nonsense", NotAForm),
        (b"", NotAForm),
        (file("file", b"a" * 2000) + END, TooLarge),
        (file("file", b"a") + text("name", b"\xff") + END, FieldErrors),
    ],
)
def test_a_refused_form_is_refused_in_the_view_and_leaves_nothing(call, tmp_path, body, error):
    with pytest.raises(error):
        call(names, body)

    assert list(tmp_path.iterdir()) == []


def test_a_small_file_that_cannot_be_written_is_refused_in_the_view(call, tmp_path):
    (tmp_path / "raw").write_bytes(b"somebody's")

    with pytest.raises(FileExistsError):
        call(names)

    assert (tmp_path / "raw").read_bytes() == b"somebody's"


def test_a_view_that_fails_leaves_nothing(call, tmp_path):
    def fail(request):
        assert (tmp_path / "raw").exists()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        call(fail)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "method"), [("application/json", "POST"), (KIND, "PUT")])
def test_what_is_no_form_is_left_to_the_view(call, kind, method):
    def plain(request):
        return JsonResponse({"body": len(request.body), "form": form_of(request)})

    assert call(plain, b"{}", kind, method=method).content == b'{"body": 2, "form": null}'


def test_a_view_is_given_texts_and_files(call):
    assert call(names).content == b'{"texts": {"name": "x"}, "files": ["file"]}'


def test_djangos_own_parser_has_no_part_in_it(call):
    assert call(lambda request: JsonResponse(request.POST)).content == b"{}"


def test_a_file_that_is_not_taken_goes_with_its_request(call, tmp_path):
    call(names)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_moved", [True, False])
def test_a_file_that_is_moved_or_kept_stays(call, tmp_path, is_moved):
    def take(request):
        form = form_of(request)
        if is_moved:
            form.files["file"].path.rename(tmp_path / "mine")
        else:
            form.keep()
        return JsonResponse({})

    call(take)

    (path,) = tmp_path.iterdir()
    assert path.name == ("mine" if is_moved else "raw")
    assert path.read_bytes() == b"abc"


def test_a_view_keeps_what_frameworks_ask_of_it(make_reader):
    view = partial(names)
    view.csrf_exempt, view.cls = True, object

    wrapped = with_form(view, make_reader)

    assert (wrapped.csrf_exempt, wrapped.cls) == (True, object)
