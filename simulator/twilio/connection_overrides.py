"""Parses connection overrides (timeouts and retries) in a URL's fragment.

Source: Twilio's "Webhooks (HTTP callbacks): Connection Overrides". Example: `#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx`.
"""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from translations import Message
from translations import lazy_gettext as _

POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})
RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Timeouts in seconds, and retries. total_s: includes the retries."""

    connect_s: float = 5
    read_s: float = 15
    total_s: float = 15
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Return True if the policy retries after a failure: "ct", "rt", "4xx", "5xx"; "" for no failure."""
        return bool(failure) and (failure in self.retry_on or "all" in self.retry_on)


def parse_overrides(fragment: str) -> tuple[Overrides, list[Message]]:
    """Return the overrides in a fragment, and a sentence for each invalid part; invalid parts are ignored."""
    overrides, problems = Overrides(), list[Message]()
    for name, value in parse_qsl(fragment, keep_blank_values=True):
        try:
            overrides = _apply(overrides, name, value)
        except ValueError as error:
            ignored = _("#{name}={value} is ignored: {reason}")
            problems.append(ignored.format(name=name, value=value, reason=error.args[0]))
    return overrides, problems


def _apply(overrides: Overrides, name: str, value: str) -> Overrides:
    match name:
        case "ct":
            return replace(overrides, connect_s=_number(name, value) / 1000)
        case "rt":
            return replace(overrides, read_s=_number(name, value) / 1000)
        case "tt":
            return replace(overrides, total_s=_number(name, value) / 1000)
        case "rc":
            return replace(overrides, retries=_number(name, value))
        case "rp":
            return replace(overrides, retry_on=_policies(value))
        case "e" | "sni":  # Twilio's region and TLS name: nothing to simulate
            return overrides
    raise ValueError(_("there is no such override"))


def _number(name: str, value: str) -> int:
    low, high = RANGES[name]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise ValueError(_("it takes a whole number from {low} to {high}").format(low=low, high=high))
    return int(value)


def _policies(value: str) -> frozenset[str]:
    named = frozenset(value.split(","))
    if not named <= POLICIES:
        raise ValueError(_("it takes a list of {names}").format(names=", ".join(sorted(POLICIES))))
    return named
