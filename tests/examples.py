"""How many examples a property is tried on: a tenth by day, all of them where CI=true."""

from hypothesis import HealthCheck, settings

BY_DAY = 10
"""The part of all examples that is tried by day: one in so many, and never fewer than so many."""
_USUAL = 100


def use_all(all_of_them: bool) -> None:
    """Choose once, before any test module is imported."""
    settings.register_profile("all", settings(max_examples=_USUAL, deadline=None))
    settings.register_profile("day", settings(max_examples=_USUAL // BY_DAY, deadline=None))
    settings.load_profile("all" if all_of_them else "day")


def examples(number: int, **options) -> settings:
    """Return settings that try so many examples where CI=true."""
    part = settings.default.max_examples / _USUAL
    return settings(max_examples=max(BY_DAY, round(number * part)), **options)


def examples_over_http(number: int, **options) -> settings:
    """The same for a test that takes function-scoped fixtures, such as a server, for all its examples."""
    return examples(number, suppress_health_check=list(HealthCheck), **options)
