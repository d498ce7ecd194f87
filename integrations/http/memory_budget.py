"""A budget of bytes for the files that a process holds at once.

A file is read only once its largest size is reserved, and the reservation lasts as long as its bytes do. Waiting is in
order: a large file is not overtaken by small ones for ever.
"""

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType

from integrations.errors import IntegrationError

NO_MEMORY = "no_memory"
"""The code of the error for a file that found no room in time."""


class MemoryBudget:
    """Hands out bytes of a total, first come first served. Thread-safe."""

    def __init__(self, total_bytes: int) -> None:
        self.total_bytes = total_bytes
        # Reentrant: a reservation may be collected as garbage, and so released, inside of it
        self._changed = threading.Condition(threading.RLock())
        self._free = total_bytes
        self._waiting: deque[object] = deque()
        self._when_short: Callable[[], None] = lambda: None

    def when_short(self, give_back: Callable[[], None]) -> None:
        """Call `give_back` whenever somebody begins to wait: to release what can be fetched again."""
        self._when_short = give_back

    @property
    def is_short(self) -> bool:
        """True while somebody waits."""
        return bool(self._waiting)

    @property
    def free_bytes(self) -> int:
        """The bytes that nobody has reserved."""
        with self._changed:
            return self._free

    def reserve(self, size: int, *, within_s: float) -> "Reservation":
        """Reserve bytes, at most the total. Raises IntegrationError (NO_MEMORY) if there are none in time."""
        size, ticket = min(size, self.total_bytes), object()
        if size <= 0:
            return Reservation()
        with self._changed:
            if not self._waiting and self._free >= size:
                self._free -= size
                return Reservation(self._release, size)
            self._waiting.append(ticket)
        try:
            self._when_short()
            with self._changed:
                if not self._changed.wait_for(lambda: self._is_next(ticket, size), max(0.0, within_s)):
                    raise IntegrationError("too many files are held at once", permanent=False, code=NO_MEMORY)
                self._free -= size
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        return Reservation(self._release, size)

    def _is_next(self, ticket: object, size: int) -> bool:
        return self._waiting[0] is ticket and self._free >= size

    def _release(self, size: int) -> None:
        with self._changed:
            self._free += size
            self._changed.notify_all()


class Reservation:
    """Bytes of a budget, until they are released; at the latest when nobody refers to them any more."""

    def __init__(self, give_back: Callable[[int], None] = lambda _size: None, size: int = 0) -> None:
        self._give_back, self._size = give_back, size
        self._lock = threading.Lock()

    def shrink(self, size: int) -> None:
        """Release what is above `size`."""
        with self._lock:
            surplus = max(0, self._size - size)
            self._size -= surplus
        if surplus:
            self._give_back(surplus)

    def split(self, size: int) -> "Reservation":
        """Return a part of it as a reservation of its own; less if there is less."""
        with self._lock:
            part = min(size, self._size)
            self._size -= part
        return Reservation(self._give_back, part)

    def release(self) -> None:
        """Release all of it; harmless when repeated."""
        self.shrink(0)

    def __del__(self) -> None:
        self.release()


class HeldFile:
    """A file's bytes, which count in a budget until they are released. A context manager that releases them."""

    def __init__(self, content: bytes, reservation: Reservation | None = None) -> None:
        self._content, self._reservation = content, reservation

    @property
    def content(self) -> bytes:
        """The bytes; empty once released."""
        return self._content

    def release(self) -> None:
        """Forget the bytes."""
        self._content = b""
        if self._reservation is not None:
            self._reservation.release()

    @classmethod
    def read(cls, read: Callable[[], bytes], room: Reservation) -> "HeldFile":
        """Read a file into the memory reserved for it; if that fails, the memory is released."""
        try:
            content = read()
        except BaseException:
            room.release()
            raise
        room.shrink(len(content))
        return cls(content, room)

    def __enter__(self) -> "HeldFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
