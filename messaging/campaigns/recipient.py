"""A recipient of a campaign, as a line of its file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from phone_numbers import ReachAddress


@dataclass(frozen=True, slots=True)
class ListedRecipient:
    """A line of a list. number: E.164, as it was written. body: the words that are sent, or those of the template.

    variables: what the template's placeholders become. values: the columns by name. zone: an IANA name, or empty.
    """

    line: int
    number: ReachAddress
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
