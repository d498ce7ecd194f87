"""Messages of one number leave apart from each other, however late they are."""

from datetime import timedelta

from messaging.campaigns.spacing import Spacing
from messaging.providers.base import Pace


class Clock:
    """A clock that sleeping puts forward."""

    def __init__(self):
        self.now = 100.0

    def sleep(self, seconds):
        self.now += seconds


def test_what_is_late_is_not_made_up_for_in_a_rush():
    clock = Clock()
    spacing, pace = Spacing(lambda: clock.now, clock.sleep), Pace("us", timedelta(milliseconds=125))
    left = []
    for late_s in (0, 0, 5, 0, 0):
        clock.now += late_s
        spacing.wait(pace)
        left.append(clock.now)

    assert left == [100.0, 100.125, 105.125, 105.25, 105.375]


def test_numbers_do_not_wait_for_each_other():
    clock = Clock()
    spacing = Spacing(lambda: clock.now, clock.sleep)
    for sender in ("us", "them"):
        spacing.wait(Pace(sender, timedelta(seconds=3)))

    assert clock.now == 100.0
