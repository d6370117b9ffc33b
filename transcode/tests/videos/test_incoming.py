"""Files that lie in the storage already, named by a path."""

import shutil

import pytest

from tests.support.clips import clip
from transcode.models import Video
from transcode.tests.videos.conftest import files_below
from transcode.videos import services
from transcode.videos.errors import BadPath, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(videos, user):
    """Return the user's own folder, with a clip in it."""
    folder = videos / "incoming" / str(user.pk)
    folder.mkdir(parents=True)
    shutil.copyfile(clip("landscape"), folder / "a.mp4")
    return folder


def create(owner, path, **more):
    return services.create_from_storage(owner=owner, path_name=path, name="A clip", **more)


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        "/etc/passwd",
        "../../etc/passwd",
        "incoming/../../x",
        "incoming\\..\\x",
        "a\0.mp4",
        "http://127.0.0.1/a.mp4",
        "file:///etc/passwd",
        "concat:a|b",
        "\ud800.mp4",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("who", ["user", "staff"])
def test_what_is_no_path_inside_is_refused_for_everybody(path, who, mine, user, staff):
    with pytest.raises(BadPath) as refusal:
        create(user if who == "user" else staff, path)

    assert refusal.value.code == "invalid_path"


def test_a_link_that_leads_out_is_refused(mine, user, tmp_path):
    outside = tmp_path / "outside.mp4"
    shutil.copyfile(clip("landscape"), outside)
    (mine / "out.mp4").symlink_to(outside)

    with pytest.raises(BadPath):
        create(user, f"incoming/{user.pk}/out.mp4")


def test_a_link_into_somebody_elses_folder_finds_nothing(mine, user, other_user, videos):
    theirs = videos / "incoming" / str(other_user.pk)
    theirs.mkdir(parents=True)
    (theirs / "link.mp4").symlink_to(mine / "a.mp4")

    with pytest.raises(NotFound):
        create(other_user, f"incoming/{other_user.pk}/link.mp4")


@pytest.mark.parametrize("tail", ["missing.mp4", "", "a.mp4/b.mp4", "."])
def test_what_is_not_there_is_not_found(tail, mine, user):
    with pytest.raises(NotFound):
        create(user, f"incoming/{user.pk}/{tail}")


def test_somebody_elses_file_is_not_found(mine, user, other_user):
    with pytest.raises(NotFound):
        create(other_user, f"incoming/{user.pk}/a.mp4")


def test_a_refused_file_stays_where_it_is_and_leaves_nothing_else(mine, user, videos):
    (mine / "bad.mp4").write_text("no video")
    before = files_below(videos)

    with pytest.raises(Exception, match="could not be read"):
        create(user, f"incoming/{user.pk}/bad.mp4")

    assert files_below(videos) == before
    assert not Video.objects.exists()


def test_a_file_becomes_a_video_and_stays_where_it_is(mine, user, videos):
    video = create(user, f"incoming/{user.pk}/a.mp4", destination="archive")

    assert (videos / video.source_name).read_bytes() == (mine / "a.mp4").read_bytes()
    assert video.destination == "archive"


def test_staff_may_name_any_file_of_the_storage(mine, user, staff):
    assert create(staff, f"incoming/{user.pk}/a.mp4").owner == staff
