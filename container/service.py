"""Makes each service of the container once, at its first use."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class HasLock(Protocol):
    """An object with a lock, under which its services are made."""

    lock: RLock


class service(Generic[T]):
    """A thread-safe cached property; a plain attribute after its first use."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "service[T]": ...

    @overload
    def __get__(self, instance: HasLock, owner: type) -> T: ...

    def __get__(self, instance: HasLock | None, owner: type) -> Any:
        if instance is None:
            return self
        with instance.lock:
            made = instance.__dict__
            if self._name not in made:
                made[self._name] = self._make(instance)
            return made[self._name]
