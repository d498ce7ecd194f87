"""The time zones in which somebody may be."""

from zoneinfo import ZoneInfo

import phonenumbers

from common.time_zones import zone_names
from phone_numbers import ReachAddress, dialable_number


def zones_for(number: ReachAddress, own: ZoneInfo | None, of_profile: ZoneInfo) -> tuple[ZoneInfo, ...]:
    """Return the zones in which somebody may be: their own, or those of their number, or else the profile's.

    own: the zone that is known of them. number: in E.164.
    """
    return (own,) if own is not None else zones_of_number(number) or (of_profile,)


def zones_of_number(number: ReachAddress) -> tuple[ZoneInfo, ...]:
    """Return the zones in which an E.164 number may be, by its country and area; none where that is unknown."""
    # Half a megabyte that campaigns alone need: it is read with the first number
    from phonenumbers.timezone import time_zones_for_number

    names = time_zones_for_number(phonenumbers.parse(dialable_number(number)))
    return tuple(ZoneInfo(name) for name in names if name in zone_names())
