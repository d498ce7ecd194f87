"""Parses connection overrides (timeouts and retries) in a URL's fragment.

After Twilio's "Webhooks (HTTP callbacks): Connection Overrides" page: `#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx`.
"""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})
RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Times in seconds. total_s covers the retries too."""

    connect_s: float = 5
    read_s: float = 15
    total_s: float = 15
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Say whether the policy asks again after a failure: "ct", "rt", "4xx", "5xx", or "" for none."""
        return bool(failure) and (failure in self.retry_on or "all" in self.retry_on)


def parse_overrides(fragment: str) -> tuple[Overrides, list[str]]:
    """Read a fragment. Also returns one sentence for each part that says nothing, and counts as not there."""
    overrides, problems = Overrides(), []
    for name, value in parse_qsl(fragment, keep_blank_values=True):
        try:
            overrides = _apply(overrides, name, value)
        except ValueError as error:
            problems.append(f"#{name}={value} is ignored: {error}")
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
        case "e" | "sni":  # where Twilio asks from, and how TLS begins: nothing to act out here
            return overrides
    raise ValueError("there is no such override")


def _number(name: str, value: str) -> int:
    low, high = RANGES[name]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise ValueError(f"it takes a whole number from {low} to {high}")
    return int(value)


def _policies(value: str) -> frozenset[str]:
    named = frozenset(value.split(","))
    if not named <= POLICIES:
        raise ValueError(f"it takes a list of {', '.join(sorted(POLICIES))}")
    return named
