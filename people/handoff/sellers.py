"""Sellers, their hours, and the choice of the next one for a handoff."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from conversation.phrases import catalogues
from integrations.plain_text import plain_words
from phone_numbers import MatchingNumber, PhoneNumberError, ReachAddress, matching_number, parse_e164
from translations.system_errors import system_reason

_ALWAYS = ((time.min, time.max),)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class SellerProblem(StrEnum):
    """Errors of the sellers' file that pydantic does not check by type or limit."""

    UNREADABLE = "unreadable"
    NOT_UTF8 = "not_utf8"
    NOT_TOML = "not_toml"
    SAME_NUMBER = "same_number"
    HOURS = "hours"
    NO_HOUR = "no_hour"
    NO_MINUTE = "no_minute"
    BACKWARDS = "backwards"
    NO_DAY = "no_day"


class SellersError(Exception):
    """The sellers' file cannot be used. `seller_errors` says it to people.

    key: where in it, such as "seller.0.hours". problem: a SellerProblem, a PhoneNumberProblem, or pydantic's type of
    the error. values: what the sentence fills in.
    """

    def __init__(self, file: str, problem: str, *, key: str = "", **values: Any) -> None:
        super().__init__(f"{file}: {key}: {problem}")
        self.file, self.key, self.problem, self.values = file, key, problem, values


@dataclass(frozen=True, slots=True)
class Seller:
    """A person of ours, to whom customers are handed over. number: E.164, as it was written.

    languages, skills: handoffs for which they come first. weight: their share, against the others'. hours: on
    duty, by the business's clock, on days (0 is Monday).
    """

    name: str
    number: ReachAddress
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    weight: float = 1
    hours: tuple[tuple[time, time], ...] = _ALWAYS
    days: frozenset[int] = frozenset(range(7))

    def has_number(self, number: MatchingNumber) -> bool:
        """Return True if a number is theirs, in either form: the phone's or WhatsApp's."""
        return matching_number(self.number) == number

    def is_on_duty(self, local: datetime) -> bool:
        """Return True if they are on duty now, by the business's clock."""
        return local.weekday() in self.days and any(a <= local.time() <= b for a, b in self.hours)

    def next_duty(self, local: datetime) -> datetime | None:
        """Return the next time they are on duty; None if they never are."""
        if self.is_on_duty(local):
            return local
        starts = (
            datetime.combine(local.date() + timedelta(days=ahead), begin, local.tzinfo)
            for ahead in range(8)
            for begin, _ in self.hours
            if (local + timedelta(days=ahead)).weekday() in self.days
        )
        return min((start for start in starts if start > local), default=None)

    def fits(self, words: str, language: str) -> int:
        """Return a score: one point for the language, one for a skill named in the request."""
        named = any(skill.lower() in words.lower() for skill in self.skills)
        return (language in self.languages) + named


def next_seller(
    sellers: Sequence[Seller],
    *,
    asked: Collection[str],
    last_asked: Mapping[str, datetime],
    words: str,
    language: str,
    local: datetime,
) -> Seller | None:
    """Return the next seller: on duty, with the best score, and then waiting longest; None: nobody is left.

    asked: the numbers asked for this handoff. last_asked: the last time each was asked, for any handoff.
    """
    free = [seller for seller in sellers if seller.number not in asked and seller.is_on_duty(local)]

    def merit(seller: Seller) -> tuple[int, float]:
        waited = local - last_asked.get(seller.number, _NEVER)
        return seller.fits(words, language), waited.total_seconds() * seller.weight

    return max(free, key=merit, default=None)


def next_duty(sellers: Sequence[Seller], *, asked: Collection[str], local: datetime) -> datetime | None:
    """Return the next time that any seller not yet asked is on duty; None if there is none."""
    others = [seller.next_duty(local) for seller in sellers if seller.number not in asked]
    return min((start for start in others if start is not None), default=None)


def sellers_of(numbers: Sequence[ReachAddress]) -> list[Seller]:
    """Return sellers of whom nothing but the number is known: on duty always."""
    return [
        Seller(number, number) for number in {matching_number(number): number for number in numbers}.values()
    ]


def load_sellers(path: Path) -> list[Seller]:
    """Return the sellers of a file (TOML). Raises SellersError if it cannot be used."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        file = SellersFile.model_validate(table)
    except OSError as error:
        raise SellersError(path.name, SellerProblem.UNREADABLE, reason=system_reason(error)) from None
    except UnicodeDecodeError:
        raise SellersError(path.name, SellerProblem.NOT_UTF8) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        raise SellersError(path.name, SellerProblem.NOT_TOML, line=line[1] if line else "?") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SellersError(path.name, first["type"], key=key, **first.get("ctx", {})) from None
    return [seller.as_seller() for seller in file.seller]


class _SellerTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    number: str
    languages: list[str] = []
    skills: list[str] = []
    weight: Annotated[float, Field(gt=0, le=100)] = 1
    hours: str = ""
    days: list[str] = []

    @field_validator("number")
    @classmethod
    def _e164(cls, value: str) -> str:
        try:
            return parse_e164(value)
        except PhoneNumberError as error:
            raise _refused(error.problem) from None

    @field_validator("hours")
    @classmethod
    def _spans(cls, value: str) -> str:
        _hours(value)
        return value

    @field_validator("days")
    @classmethod
    def _days(cls, value: list[str]) -> list[str]:
        for day in value:
            _day(day)
        return value

    def as_seller(self) -> Seller:
        days = frozenset(map(_day, self.days)) or frozenset(range(7))
        return Seller(
            self.name, ReachAddress(self.number), tuple(self.languages), tuple(self.skills), self.weight,
            _hours(self.hours), days,
        )  # fmt: skip


class SellersFile(BaseModel):
    """The sellers' file."""

    model_config = ConfigDict(extra="forbid")

    seller: Annotated[list[_SellerTable], Field(min_length=1)]

    @field_validator("seller")
    @classmethod
    def _once(cls, value: list[Any]) -> list[Any]:
        if len({matching_number(seller.number) for seller in value}) < len(value):
            raise _refused(SellerProblem.SAME_NUMBER)
        return value


def _hours(written: str) -> tuple[tuple[time, time], ...]:
    spans = [span.strip() for span in written.split(",") if span.strip()]
    return tuple(map(_span, spans)) or _ALWAYS


def _span(written: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(written)
    if found is None:
        raise _refused(SellerProblem.HOURS)
    first, last = _time(int(found[1]), int(found[2])), _end(int(found[3]), int(found[4]))
    if last <= first:
        raise _refused(SellerProblem.BACKWARDS)
    return first, last


def _end(hour: int, minute: int) -> time:
    return time.max if (hour, minute) == (24, 0) else _time(hour, minute)


def _time(hour: int, minute: int) -> time:
    if hour > time.max.hour:
        raise _refused(SellerProblem.NO_HOUR)
    if minute > time.max.minute:
        raise _refused(SellerProblem.NO_MINUTE)
    return time(hour, minute)


def _day(written: str) -> int:
    short = plain_words(written)[:3]
    for names in ([*map(plain_words, found.recognised.weekdays)] for found in catalogues().values()):
        if short in names:
            return names.index(short)
    raise _refused(SellerProblem.NO_DAY, day=written)


def _refused(problem: StrEnum, **values: str) -> PydanticCustomError:
    return PydanticCustomError(problem.value, problem.value, values)
