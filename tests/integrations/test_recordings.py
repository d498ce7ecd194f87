"""The length of recordings, as far as their bytes tell."""

import pytest

from integrations.recordings import seconds_of


def page(samples, payload=b""):
    return b"OggS\x00\x04" + samples.to_bytes(8, "little") + bytes(12) + payload


def opus(seconds, size=0):
    return page(0, b"\x01\x13OpusHead") + bytes(size) + page(seconds * 48_000)


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (b"", 1),
        (opus(75, size=150_000), 75),
        (opus(0, size=320_000), 20),  # a length that is not true
        (opus(10**9), 1),  # nor is this one
        (b"#!AMR\n" + bytes(40_000), 10),
        (page(0, b"\x01vorbis") + bytes(40_000), 10),
        (b"OggS" + b"OpusHead", 1),
    ],
    ids=["nothing", "told", "told too little", "told too much", "AMR", "Vorbis", "cut off"],
)
def test_about_how_long_a_recording_is(content, seconds):
    assert seconds_of(content) == seconds
