"""The buffer of sockets gives the same bytes as the library's, however they come."""

import random

import pytest
from websockets.streams import StreamReader

from backend.bounded_ws import FrugalReader


def read(reader: StreamReader, chunks: list[bytes], lengths: list[int]) -> list[bytes]:
    """Read pieces of these lengths from a reader that is fed chunk by chunk."""
    waiting, pieces = iter(chunks), []
    for length in lengths:
        reading = reader.read_exact(length)
        while True:
            try:
                next(reading)
            except StopIteration as done:
                pieces.append(bytes(done.value))
                break
            reader.feed_data(next(waiting))
    return pieces


def cut(data: bytes, dice: random.Random) -> list[bytes]:
    """Cut data at random places."""
    places = sorted(dice.randrange(len(data)) for _ in range(dice.randrange(12)))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def test_a_stream_that_ends_too_early_is_an_error():
    reader = FrugalReader()
    reader.feed_data(b"abc")
    reading = reader.read_exact(4)
    next(reading)
    reader.feed_eof()

    with pytest.raises(EOFError):
        next(reading)


@pytest.mark.parametrize("seed", range(50))
def test_it_reads_what_the_library_reads(seed):
    dice = random.Random(seed)
    data = dice.randbytes(dice.randrange(1, 400))
    chunks, lengths = cut(data, dice), [len(piece) for piece in cut(data, dice)]

    assert read(FrugalReader(), chunks, lengths) == read(StreamReader(), chunks, lengths)
    assert b"".join(read(FrugalReader(), chunks, lengths)) == data


def test_a_large_piece_is_handed_out_without_a_copy():
    reader = FrugalReader()
    reader.feed_data(b"x" * 1000)
    buffer = reader.buffer

    assert read(reader, [], [1000])[0] == b"x" * 1000
    assert reader.buffer is not buffer
    assert reader.buffer == b""
