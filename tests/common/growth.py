"""How the time of a function grows with its text: compared with itself, so that no machine is too slow for a test."""

import time

SMALL_LENGTH = 2_000
TIMES_LONGER = 4
MOST_GROWTH = 9
"""Between 4, the growth of what is linear, and 16, that of what is quadratic."""
_WORTH_A_LOOK_S = 0.02
_TRIES = 3


def grows_too_fast(function, scrap, ending=""):
    """Return whether four times as many scraps take more than nine times the processor's time.

    `function` takes a text, or bytes where `scrap` is bytes.
    """

    def seconds(length):
        text = (scrap * length)[:length] + ending
        began = time.process_time()
        function(text)
        return time.process_time() - began

    for _ in range(_TRIES):
        longer = seconds(SMALL_LENGTH * TIMES_LONGER)
        if longer < _WORTH_A_LOOK_S or longer < MOST_GROWTH * seconds(SMALL_LENGTH):
            return False
    return True
