"""Files of videos: placed whole, named safely, removed altogether."""

import uuid

import pytest

from transcode.videos import storage

VIDEO, JOB = uuid.uuid4(), uuid.uuid4()


@pytest.mark.parametrize("file", ["", ".", "..", "a/b", "a\\b", "a\0b", "/etc/passwd"])
def test_a_file_that_is_no_plain_name_is_refused(file):
    with pytest.raises(ValueError, match="not the name"):
        storage.name_in("hls", VIDEO, file)


@pytest.mark.parametrize(("room", "video"), [("elsewhere", VIDEO), ("hls", "../x")])
def test_other_rooms_and_what_is_no_id_are_refused(room, video):
    with pytest.raises(ValueError, match=r"not the name|badly formed"):
        storage.name_in(room, video, "a.mp4")


@pytest.mark.parametrize("start", ["", "../x", "a/b", "a b", "a.b"])
def test_a_staging_folder_is_named_by_letters_and_digits(start):
    with pytest.raises(ValueError, match="letters and digits"):
        storage.staging_folder(JOB, start)


def test_what_is_neither_staged_nor_placed_cannot_be_placed(videos):
    with pytest.raises(FileNotFoundError):
        storage.place(videos / "missing", storage.name_in("hls", VIDEO, "a.mp4"))


def test_a_file_is_moved_and_moving_it_again_is_harmless(videos):
    staged, name = videos / "staged", storage.name_in("hls", VIDEO, "a.mp4")
    staged.write_bytes(b"whole")

    storage.place(staged, name)
    storage.place(staged, name)

    assert not staged.exists()
    assert (videos / name).read_bytes() == b"whole"
    assert (videos / name).stat().st_mode & 0o777 == 0o640
    assert storage.size_bytes(name) == 5


def test_a_result_is_found_staged_and_afterwards_placed(videos):
    staged, name = videos / "staged", storage.name_in("hls", VIDEO, "a.mp4")
    staged.write_bytes(b"whole")

    with storage.wherever(staged, name) as path:
        assert path == staged
    storage.place(staged, name)
    with storage.wherever(staged, name) as path:
        assert path == videos / name


def test_a_stored_file_is_opened_and_written_whole(videos):
    name = storage.name_in("hls", VIDEO, "a.m3u8")

    storage.write(name, "first")
    storage.write(name, "second")

    with storage.open_stored(name) as file:
        assert file.read() == b"second"
    assert [path.name for path in (videos / name).parent.iterdir()] == ["a.m3u8"]


def test_an_attempt_names_alike_and_another_attempt_otherwise():
    one, two = storage.attempt_uuid(JOB, 1), storage.attempt_uuid(JOB, 2)

    assert one == storage.attempt_uuid(str(JOB), 1)
    assert one != two
    assert (one.version, two.version) == (4, 4)


def test_a_removed_video_has_no_file_in_any_room(videos):
    names = [storage.name_in(room, VIDEO, "a.bin") for room in storage.ROOMS]
    other = storage.name_in("hls", uuid.uuid4(), "a.bin")
    for name in (*names, other):
        storage.write(name, b"x")
    growing = storage.growing_folder(VIDEO, JOB, 1)
    growing.mkdir(parents=True)

    storage.remove_video(VIDEO)

    assert not any(storage.exists(name) for name in names)
    assert not growing.exists()
    assert storage.exists(other)


def test_a_file_on_its_way_in_goes_with_its_block(videos):
    with storage.incoming() as path:
        path.write_bytes(b"x")

    assert not path.exists()
