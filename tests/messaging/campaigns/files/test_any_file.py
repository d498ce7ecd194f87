"""Whatever a file holds, it gives recipients, problems by line, or one sentence; a long list takes little memory."""

import tracemalloc
import zipfile
from io import BytesIO

from hypothesis import example, given
from hypothesis import strategies as st

from messaging.campaigns.files.problem_messages import file_sentence, line_sentence
from messaging.campaigns.files.problems import FileError, Problem
from messaging.campaigns.files.recipients import Recipient, Wanted, recipients
from messaging.campaigns.files.tables import read_table
from messaging.campaigns.files.variables import parse_variables
from phone_numbers import is_number
from tests.examples import examples
from tests.messaging.campaigns.files.made_files import DATE, row, sheet, xlsx

WANTED = Wanted("es-ES", variables=parse_variables(["1=Hola, {name}"]))
BOOK = xlsx(
    sheet(row(1, "phone", "name"), row(2, 600000001, "Ana"), row(3, "x", 46359, styles=[0, DATE])),
    strings="<si><t>Ana</t></si>",
)
CONTENTS = {
    name: zipfile.ZipFile(BytesIO(BOOK)).read(name) for name in zipfile.ZipFile(BytesIO(BOOK)).namelist()
}


def outcome(data):
    """All that is said of a file; fails if it is not said as it is promised."""
    try:
        found = list(recipients(read_table(data, "people.csv"), WANTED))
    except FileError as error:
        assert file_sentence(error).said_in("es").endswith(".")
        return
    for each in found:
        if isinstance(each, Recipient):
            assert is_number(each.number) and each.variables["1"].startswith("Hola, ")
        else:
            assert isinstance(each, Problem) and line_sentence(each).said_in("es").endswith(".")
    assert [each.line for each in found] == sorted({each.line for each in found})


PIECES = st.sampled_from(
    [
        '"',
        ",",
        ";",
        "\t",
        "|",
        "\n",
        "\r\n",
        "\r",
        "phone",
        "name",
        "600000001",
        "+34",
        "\0",
        "\ufeff",
        "é",
        "Ana",
        " ",
        "1E9",
    ]
)


@given(st.binary() | st.lists(PIECES).map("".join).flatmap(
    lambda text: st.sampled_from([text.encode(each) for each in ("utf-8", "utf-16", "utf-16-le")])
))  # fmt: skip
@example(b'phone,name\n600000001,"')
@example(b"sep=\x1f\nphone,name\n")
@examples(400)
def test_any_bytes_are_told(data):
    outcome(data)


@given(st.lists(PIECES | st.text(max_size=3)).map("".join))
@examples(200)
def test_any_lines_below_the_names_of_columns_are_told(text):
    outcome(f"phone,name\n{text}".encode("utf-8", "surrogatepass"))


@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@examples(300)
def test_any_workbook_of_which_bytes_were_changed_is_told(changes):
    data = bytearray(BOOK)
    for at, byte in changes:
        data[at] = byte

    outcome(bytes(data))


@given(st.sampled_from(sorted(CONTENTS)), st.data())
@examples(300)
def test_any_workbook_with_a_changed_part_is_told(name, data):
    content = bytearray(CONTENTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.just(b"99999999999")
        )
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, unchanged in CONTENTS.items():
            archive.writestr(each, bytes(content) if each == name else unchanged)

    outcome(made.getvalue())


def test_a_long_list_takes_no_more_memory_than_its_numbers():
    """A tenth of the longest list, of 1.6 MB: what is kept of a line is its number alone."""
    lines = [f"6{n:08},Ana María {n},Gómez Gil,ana{n}@example.com,Calle Mayor {n}\n" for n in range(10_000)]
    data = ("phone,name,surname,mail,street\n" + "".join(lines) * 2).encode()
    wanted = Wanted("es-ES", variables=parse_variables(["1={name}"]))
    sum(1 for _ in recipients(read_table(data[: data.index(b"\n", 200)], "people.csv"), wanted))

    tracemalloc.start()
    count = sum(isinstance(each, Recipient) for each in recipients(read_table(data, "people.csv"), wanted))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 10_000
    assert peak < 4 * 1024 * 1024
