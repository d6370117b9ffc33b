"""A body cut into parts: what is no form is refused, names are the client's."""

import pytest

from core.multipart.parts import MOST_PARTS, Begin, Content, End, NotAForm, Parts

FORM = "multipart/form-data; boundary=x"
HEAD = b"--x\r\nContent-Disposition: form-data; "
END = b"--x--\r\n"


def parts_of(body: bytes, step: int = 10_000) -> list[Begin | Content | End]:
    """Feed a body in steps; return everything that came of it."""
    parts = Parts(FORM)
    return [
        event
        for start in range(0, len(body), step)
        for event in parts.feed(body[start : start + step])
    ]


@pytest.mark.parametrize("kind", ["", "multipart/form-data", "multipart/form-data; boundary="])
def test_a_type_without_a_boundary_is_no_form(kind):
    with pytest.raises(NotAForm):
        Parts(kind)


def test_a_boundary_without_end_is_no_form():
    with pytest.raises(NotAForm):
        Parts("multipart/form-data; boundary=" + "y" * 9000)


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"--y\r\n",
        HEAD + b"\r\n\r\na\r\n" + END,
        b"--x\r\n\r\na\r\n" + END,
        b"--x\r\nContent-Disposition: attachment; name=a\r\n\r\na\r\n" + END,
        b"--x\r\nX: " + b"y" * 9000 + b"\r\n\r\n\r\n" + END,
        HEAD + b"name=f; filename*=utf-9''%e2%82%ac.mp4\r\n\r\nx\r\n" + END,
        HEAD + b"name*=utf-7''%2B2AA-\r\n\r\n\xff\r\n" + END,
        HEAD + b"name*=utf-8''%00\r\n\r\n\xff\r\n" + END,
        (HEAD + b'name="a"\r\n\r\nb\r\n') * (MOST_PARTS + 1) + END,
    ],
)
def test_what_is_no_form_is_refused(body):
    with pytest.raises(NotAForm):
        parts_of(body)


def test_a_form_that_is_cut_off_is_not_whole():
    parts = Parts(FORM)

    parts.feed(HEAD + b'name="a"\r\n\r\nbroken')

    assert not parts.is_whole


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_it_does_not_matter_where_a_body_is_cut(step):
    body = HEAD + b'name="a"\r\n\r\none\r\n-- is no end\r\n' + HEAD + b'name="b"\r\n\r\n\r\n' + END

    events = parts_of(body, step)

    begun = [event for event in events if isinstance(event, Begin)]
    content = b"".join(event.data for event in events if isinstance(event, Content))
    assert begun == [Begin("a"), Begin("b")]
    assert content == b"one\r\n-- is no end"
    assert sum(isinstance(event, End) for event in events) == 2


@pytest.mark.parametrize(
    ("head", "filename"),
    [
        (b'name="f"', None),
        (b'name="f"; filename=""', ""),
        (b'name="f"; filename="a.mp4"', "a.mp4"),
        (b"name=f; filename=a.mp4", "a.mp4"),
        ('name="f"; filename="фильм ü.mp4"'.encode(), "фильм ü.mp4"),
        (b"name=f; filename*=UTF-8''%e2%82%ac.mp4", "€.mp4"),
        (b'name="f"; filename="a\\"b;c.mp4"', 'a"b;c.mp4'),
        (b'name="f"; filename="\xff.mp4"', "\ufffd.mp4"),
    ],
)
def test_a_file_has_the_name_that_its_client_gave(head, filename):
    first, *_ = parts_of(HEAD + head + b"\r\n\r\nx\r\n" + END)

    assert first == Begin("f", filename)
    assert first.is_file is (filename is not None)
