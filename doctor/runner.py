"""Looks at all parts side by side, in a time that none of them can exceed, and applies fixes."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, wait

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import about
from doctor.failures import unexpected
from doctor.findings import Finding, Status
from doctor.parts import Fix, Mendable, Part
from integrations.errors import IntegrationError
from translations import lazy_gettext as _

log = structlog.get_logger()

WITHIN_S = 30.0
_CALLS_WORK = _("Calls will work.")
_SIMULATED_ALONE = _("The simulated phone will work. Calls from outside need Twilio: set it up.")


class Doctor:
    """Looks at parts and mends them. Thread-safe; looks one at a time.

    vital: the names of the parts without which no call is answered: where one of these cannot be looked at, calls
    count as not working. takes_calls: calls from outside are let in, not the simulated phone's alone. within_s: seconds
    for all of them.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        vital: Collection[str] = (),
        takes_calls: bool = True,
        within_s: float = WITHIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts, self._vital, self._within_s = parts, frozenset(vital), within_s
        self.good_news = _CALLS_WORK if takes_calls else _SIMULATED_ALONE
        """The sentence where nothing keeps calls from being answered."""
        self._clock, self._looking = clock, threading.Lock()
        self._ended_at, self._found = float("-inf"), list[Finding]()

    def look(self, only: Collection[str] | None = None) -> list[Finding]:
        """Return what was found, in the order of the parts. only: the names of the parts; None: all.

        Whoever asks for all while all are being looked at gets the same findings: some parts cost money.
        """
        asked_at = self._clock()
        with self._looking:
            if only is not None:
                return self._look([part for part in self._parts if part.name in only])
            if self._ended_at < asked_at:
                self._found = self._look(self._parts)
                self._ended_at = self._clock()
            return self._found

    def _look(self, parts: Sequence[Part]) -> list[Finding]:
        running = [(part, _started(part)) for part in parts]
        wait([found for _part, found in running], timeout=self._within_s)
        return [finding for part, found in running for finding in self._findings(part, found)]

    def fixes_for(self, findings: Collection[Finding]) -> list[Fix]:
        """Return the fixes that the findings name. Raises IntegrationError."""
        named = {finding.fix for finding in findings if finding.fix is not None}
        parts = {finding.part for finding in findings if finding.fix is not None}
        return [
            fix for part in self._parts if part.name in parts for fix in _fixes(part) if fix.name in named
        ]

    def fix_named(self, name: str) -> Fix | None:
        """Return a fix as it can be applied now; None where there is nothing to change.

        Raises IntegrationError if no part has it, and one could not be asked.
        """
        unasked: IntegrationError | None = None
        for part in self._parts:
            try:
                found = next((fix for fix in _fixes(part) if fix.name == name), None)
            except IntegrationError as error:
                unasked = error
                continue
            if found is not None:
                return found
        if unasked is not None:
            raise unasked
        return None

    def _findings(self, part: Part, found: "Future[list[Finding]]") -> list[Finding]:
        stops_calls = part.name in self._vital
        if not found.done():
            late = _("No result within {seconds} s.").format(seconds=f"{self._within_s:g}")
            advice = _("Something that it asks does not answer; the other lines may say what. Try again.")
            return [Finding(part.name, Status.FIX, late, advice, stops_calls=stops_calls)]
        error = found.exception()
        if error is None:
            return found.result()
        if not isinstance(error, SQLAlchemyError):  # the line has all of it, and the database's own part why
            log.error("part_not_examined", part=part.name, **about(error))
        return [Finding(part.name, Status.FIX, unexpected(error), stops_calls=stops_calls)]


def will_calls_work(findings: Collection[Finding]) -> bool:
    """Return whether nothing was found that keeps calls from being answered."""
    return not any(finding.stops_calls for finding in findings)


def _started(part: Part) -> "Future[list[Finding]]":
    # Not an executor, which waits for its threads when the process ends: a part that hangs would keep it
    found: Future[list[Finding]] = Future()

    def run() -> None:
        try:
            found.set_result(part.check())
        except Exception as error:  # noqa: BLE001  (it becomes a line)
            found.set_exception(error)

    threading.Thread(target=run, name=f"doctor-{part.name}", daemon=True).start()
    return found


def _fixes(part: Part) -> list[Fix]:
    return part.fixes() if isinstance(part, Mendable) else []


def apply(fix: Fix, *, replace: bool) -> None:
    """Apply a fix. Raises IntegrationError; ValueError for one that replaces what is not to be replaced."""
    if fix.needs_replace and not replace:
        raise ValueError(f"{fix.name} replaces what somebody else has set")
    try:
        fix.apply()
    except IntegrationError as error:
        log.error("fix_failed", fix=fix.name, code=error.code)
        raise
    log.info("fix_applied", fix=fix.name)
