"""The measure of growth itself finds what is quadratic."""

import pytest

from tests.common.growth import grows_too_fast


def linear(text):
    sum(ord(sign) for _ in range(200) for sign in text)


def quadratic(text):
    sum(ord(sign) for at in range(0, len(text), 20) for sign in text[:at])


@pytest.mark.parametrize("function, found", [(linear, False), (quadratic, True)])
def test_what_is_quadratic_is_found(function, found):
    assert grows_too_fast(function, "a") is found
