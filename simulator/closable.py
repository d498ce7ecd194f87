"""Closes an object at the end of a `with` block."""

from types import TracebackType
from typing import Self


class Closable:
    """A base class for objects that are closed by `close()` or by `with`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the open resources."""
        raise NotImplementedError
