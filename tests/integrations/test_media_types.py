"""type_of: what files are by their content, and what is nothing known."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.media_types import type_of
from simulator.whatsapp import samples


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def iso(brand, *tracks):
    """A file of the MP4 family with such tracks, its description behind the data as phones write it."""
    handlers = b"".join(box(b"hdlr", b"\0" * 8 + track + b"\0" * 13) for track in tracks)
    return box(b"ftyp", brand + b"\0\0\2\0isom") + box(b"mdat", b"\0" * 5000) + box(b"moov", handlers)


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "x" * 2000)
    return file.getvalue()


KNOWN = {
    "image/jpeg": samples.jpeg(),
    "image/png": samples.png(),
    "image/webp": samples.webp(),
    "image/gif": b"GIF89a\1\0\1\0",
    "image/heic": iso(b"heic"),
    "image/avif": iso(b"avif"),
    "audio/ogg": samples.ogg(),
    "audio/mpeg": b"\xff\xfb\x90\x64" + b"\0" * 413,
    "audio/mp4": iso(b"M4A ", b"soun"),
    "audio/aac": b"\xff\xf1\x50\x80\x02\x1f\xfc",
    "audio/amr": b"#!AMR\n\x3c",
    "audio/amr-wb": b"#!AMR-WB\n\x04",
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "audio/flac": b"fLaC\0\0\0\x22",
    "video/mp4": iso(b"mp42", b"vide", b"soun"),
    "video/3gpp": iso(b"3gp4", b"vide", b"soun"),
    "video/quicktime": iso(b"qt  ", b"vide"),
    "audio/3gpp": iso(b"3gp5", b"soun"),
    "video/ogg": b"OggS\0\2" + b"\0" * 22 + b"\x80theora",
    "video/webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm",
    "video/x-matroska": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
    "application/pdf": samples.pdf(),
    "application/zip": zipped("notes.txt", "word.txt"),
    "application/x-ole-storage": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": zipped(
        "[Content_Types].xml", "word/document.xml"
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": zipped("xl/workbook.xml"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": zipped("ppt/slides/1.xml"),
    "text/vcard": samples.vcard("Ana", "+34600000001"),
}


@pytest.mark.parametrize("media_type", KNOWN)
def test_a_file_is_known_by_its_content(media_type):
    assert type_of(KNOWN[media_type]) == media_type


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"ID3\4\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xf3\x48\xc4" + b"\0" * 100, "audio/mpeg"),
        (b"\xff\xf9\x50\x80\x02\x1f\xfc", "audio/aac"),
        (b"GIF87a\1\0", "image/gif"),
        (b"\xef\xbb\xbfbegin:vcard\r\nVERSION:4.0", "text/vcard"),
        (iso(b"mp42", b"soun"), "audio/mp4"),
        (iso(b"isom"), "video/mp4"),
    ],
)
def test_the_other_ways_in_which_a_kind_begins(content, media_type):
    assert type_of(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"RIFF",
        b"RIFF\0\0\0\0AVI LIST",
        b"hola",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html><body>Application error</body></html>",
        "Hola".encode("utf-16"),  # as MPEG audio it would be of layer I
        b"\xff\xeb\x90\x64",  # of a version that there is not
        b"\xff\xfb\x00\x64",  # of no fixed bit rate
        b"\xff\xfb\xf0\x64",  # of a bit rate that there is not
        b"\xff\xfb\x9c\x64",  # of a sampling rate that there is not
        b"\xff\xf1\x7c\x80",  # AAC of a sampling rate that there is not
        b"\0" * 100,
        b"MZ\x90\0",
        b"\x89PNG\n\x1a\n",
        b" " + samples.jpeg(),
    ],
)
def test_what_is_not_known_is_nothing(content):
    assert type_of(content) is None


def test_a_zip_that_is_called_a_picture_is_a_zip():
    assert type_of(zipped("picture.png")) == "application/zip"


def test_a_zip_is_what_its_directory_says_and_that_stands_at_its_end():
    inside = zipped("word/document.xml")  # a document in a zip, not packed, and much after it
    outside = b"PK\x03\x04" + b"\0" * 26 + inside + b"\0" * 100_000

    assert type_of(outside) == "application/zip"


@given(st.binary(max_size=80))
def test_no_bytes_are_too_strange(content):
    assert type_of(content) is None or "/" in type_of(content)


@given(st.sampled_from(sorted(KNOWN)), st.integers(0, 80))
def test_a_file_cut_short_raises_nothing(media_type, length):
    type_of(KNOWN[media_type][:length])
