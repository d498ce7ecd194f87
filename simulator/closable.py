"""Lets go of what an object holds at the end of a `with`."""

from types import TracebackType
from typing import Self


class Closable:
    """Something to be closed, or used with `with`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is open."""
        raise NotImplementedError
