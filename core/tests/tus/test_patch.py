"""PATCH: bytes are appended where the upload is, and counted as they arrive."""

from core.tus.models import TusUpload


def test_an_upload_in_two_chunks_is_finished_by_the_second(tus):
    where = tus.made(11)

    assert "Upload-Resource" not in tus.patch(where, b"hello ").headers
    answer = tus.patch(where, b"world", 6)

    assert answer.headers["Upload-Resource"] == where
    assert tus.offset(where) == 11
    assert TusUpload.objects.get().status == "complete"
