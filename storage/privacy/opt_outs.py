"""Finds somebody for a message of our own accord, with the opt-out that outlives their erasure."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from phone_numbers import ReachAddress, matching_number
from storage.identities import finding
from storage.privacy.erasures import Returning
from storage.queries import contacts
from storage.queries.contacts import Recipient


def recipient_as_before(
    connection: Connection, returning: Returning, number: ReachAddress, now: datetime
) -> Recipient:
    """Return the recipient of an E.164 number, as `contacts.recipient_for` does, opted out if they were when erased."""
    recipient = contacts.recipient_for(connection, number, now)
    if not recipient.is_new or recipient.opted_out_at is not None:
        return recipient
    erased = returning.look(connection, recipient.number, simulated=False)
    if erased is None or not erased.opted_out:
        return recipient
    contacts.opt_out(connection, recipient.contact_id, erased.erased_at)
    return replace(recipient, opted_out_at=erased.erased_at)


def has_opted_out(connection: Connection, returning: Returning, number: ReachAddress, now: datetime) -> bool:
    """Return whether an E.164 number's person wants no messages and no calls of our own accord, or did when erased.

    Nobody is made who is not known.
    """
    found_by = matching_number(number)
    found = finding.find(connection, finding.identity_of_number(found_by, simulated=False), now)
    if found is not None:
        return contacts.has_opted_out(connection, found.contact_id)
    erased = returning.look(connection, found_by, simulated=False)
    return erased is not None and erased.opted_out
