"""A recipient of a campaign, as a line of its file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from phone_numbers import ReachAddress


@dataclass(frozen=True, slots=True)
class ListedRecipient:
    """A line of a list. number: E.164, as it was written. body: the words that are sent, or those of the template.

    variables: what the template's placeholders become. values: the columns by name. zone: an IANA name, or empty.
    due_at: when the message is due; None: at once. moment_at: of what they are reminded of, after which nothing is
    sent. is_past: the time of the reminder is past already.
    """

    line: int
    number: ReachAddress
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    due_at: datetime | None = None
    moment_at: datetime | None = None
    is_past: bool = False
