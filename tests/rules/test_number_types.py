"""What finds a person, what reaches them and what people read are three types, none of which passes for another."""

import subprocess
import sys
import typing

import pytest

from dashboard import formatting
from people.handoff.sellers import Seller
from phone_numbers import MatchingNumber, ReachAddress, shown_number
from storage.identities import finding
from storage.queries import chats, contacts, crm, handoffs, helpdesk, messages, offers
from storage.queries.calls import CallFacts
from storage.reports import conversations, lists, search, transcripts
from tests import product

FINDS = [
    (finding.identity_of_number, "number"), (Seller.has_number, "number"),
    (contacts.recipient_found_by, "found_by"), (chats.said_with, "number"), (CallFacts, "contact_address"),
    (contacts.Sender, "number"), (contacts.Recipient, "number"),
]  # fmt: skip
REACHES = [
    (contacts.recipient_for, "number"), (shown_number, "number"), (formatting.address, "value"), (Seller, "number"),
    (crm.ConversationFacts, "number"), (offers.HandoffFacts, "number"), (handoffs.HandoffRecord, "number"),
    (helpdesk.ContactPlace, "number"), (messages.MessageWithContact, "number"), (search.Person, "number"),
    (transcripts.ConversationReport, "number"), (conversations.ConversationRow, "number"), (lists.CallRow, "number"),
    (lists.MessageRow, "number"), (lists.HandoffRow, "number"),
]  # fmt: skip
HEADER = """
from phone_numbers import MatchingNumber, ReachAddress, ShownNumber, find_number, matching_number, shown_number

def finds(number: MatchingNumber) -> None: ...
def reaches(number: ReachAddress) -> None: ...
def shows(number: ShownNumber) -> None: ...

as_it_came = find_number("+34600000001", None)
"""
RIGHT = ["finds(matching_number(as_it_came))", "reaches(as_it_came)", "shows(shown_number(as_it_came))"]
WRONG = [
    "finds(as_it_came)", "finds(shown_number(as_it_came))", "reaches(matching_number(as_it_came))",
    "reaches(shown_number(as_it_came))", "shows(as_it_came)", "shows(matching_number(as_it_came))",
    "shown_number(matching_number(as_it_came))",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "places"), [(MatchingNumber, FINDS), (ReachAddress, REACHES)])
def test_every_place_where_a_number_passes_says_which_it_is(kind, places):
    said = {f"{where.__qualname__}.{name}": typing.get_type_hints(where)[name] for where, name in places}

    assert {place: type_ for place, type_ in said.items() if type_ is not kind} == {}


def test_mypy_refuses_one_for_another(tmp_path):
    program = tmp_path / "numbers_mixed.py"
    program.write_text(HEADER + "\n".join([*RIGHT, *WRONG]), "utf-8")
    first = HEADER.count("\n") + 1 + len(RIGHT)

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(program)],
        cwd=product.ROOT, capture_output=True, text=True,
    )  # fmt: skip

    refused = {int(line.split(":")[1]) for line in checked.stdout.splitlines() if "[arg-type]" in line}
    assert refused == set(range(first, first + len(WRONG))), checked.stdout
