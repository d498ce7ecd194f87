"""Sends a contact's items to Chatwoot, in order.

One worker handles a contact's items at a time, and says so in the row before each request to Chatwoot. An
item whose request had no answer, or whose worker died, is searched for in Chatwoot before it is posted again.
While Chatwoot is away, or is not set up right, nothing is lost: the items stay.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from integrations.chatwoot.api import MOVED, NOT_CONFIGURED, TOO_MANY_MESSAGES
from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.shapes import Status
from integrations.errors import IntegrationError, may_have_been_done
from integrations.http.memory_budget import NO_MEMORY
from jobs.job import Job
from jobs.queue import Work
from people.helpdesk.circuit_breaker import Rest
from people.helpdesk.contact_sync import ContactSync
from people.helpdesk.delivery import HELD, NOT_FETCHED, MirrorSending
from people.helpdesk.observer import show_later
from people.helpdesk.phrases import HelpdeskPhrases
from people.helpdesk.read_receipts import ReadReceipts
from people.helpdesk.rendering import Post, has_unheard, is_to_wait, posts_of
from storage.base import is_near, utc_now
from storage.database import Database
from storage.queries import helpdesk, helpdesk_items
from storage.queries.helpdesk import ContactPlace
from storage.queries.helpdesk_items import Item, Kind, State

log = structlog.get_logger()

AT_IT = timedelta(seconds=40)
"""Longer than three requests can take, or fetching a file: a worker silent for so long is dead."""
_TAKEN = "taken"
LOOK_AGAIN_S = 2.0
"""Seconds between two checks for a voice note's transcript."""
_NOT_SET_UP = frozenset({MOVED, NOT_CONFIGURED})
_NOT_CHATWOOTS = frozenset({TOO_MANY_MESSAGES, NOT_FETCHED, NO_MEMORY, _TAKEN})
"""Failures of a single contact, from which nothing follows for the others."""

_T = TypeVar("_T")


@dataclass(slots=True)
class _Visit:
    """One run over a contact's items. place: set after it was found; only the holder of the items changes it."""

    contact_id: int
    place: ContactPlace | None = None


class SyncJob:
    """Sends items. Thread-safe. inbox: Chatwoot's identifier of ours. downloads: sources of files, by provider.

    memory: of the process, for files.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        client: Chatwoot,
        *,
        words: HelpdeskPhrases,
        inbox: str,
        receipts_fact: str | None,
        sending: MirrorSending,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._client, self._clock = database, work, client, clock
        self._words = words
        self._contacts = ContactSync(database, client, words, inbox=inbox, clock=clock)
        self._sending = sending
        self._receipts = ReadReceipts(database, client, words, fact=receipts_fact, clock=clock)
        self._rest = Rest()

    @property
    def job(self) -> Job:
        """The job's settings. A sweep finds items given up or delayed for long."""
        return Job(self.run)

    def run(self, payload: dict[str, Any]) -> None:
        """Send a contact's open items, in order. Raises IntegrationError if it is worth another try."""
        try:
            self._run(int(payload["contact_id"]))
        except IntegrationError:
            if not payload.get("is_sweep"):
                raise  # else the next sweep is the next try

    def _run(self, contact_id: int) -> None:
        self._rest.check()
        visit = _Visit(contact_id)
        try:
            taken = self._next(visit)
            while taken is not None:
                taken = self._next(visit, self._shown(visit, *taken))
        except IntegrationError as error:
            if error.code in _NOT_CHATWOOTS:
                self._rest.end()
            else:
                self._rest.begin(error.retry_after_s)
            raise
        self._rest.end()

    def _next(self, visit: _Visit, done: Item | None = None) -> tuple[Item, list[Post]] | None:
        """Record an item as done, and take the next; None if there is none to be taken now."""
        now, contact_id = self._clock(), visit.contact_id
        with self._database.write() as connection:
            if done is not None:
                helpdesk_items.progress(connection, done, now, state=State.DONE)
            item = helpdesk_items.first_open(connection, contact_id)
            if item is None:
                return None
            if item.state is State.SENDING and is_near(item.changed_at, now, AT_IT):
                left = (item.changed_at + AT_IT - now).total_seconds()
                show_later(self._work, connection, contact_id, after_s=max(1.0, left), why="taken")
                return None
            posts = posts_of(connection, item, self._words)
            if has_unheard(posts) and is_to_wait(connection, item, now):
                show_later(self._work, connection, contact_id, after_s=LOOK_AGAIN_S, why="words")
                return None
            return helpdesk_items.begin(connection, item, now), posts

    # One item

    def _shown(self, visit: _Visit, item: Item, posts: list[Post]) -> Item | None:
        """Show an item; None if it cannot be shown. Raises IntegrationError if that may change."""
        try:
            return self._show(visit, item, posts)
        except IntegrationError as error:
            self._after_failure(item, error)
        return None

    def _show(self, visit: _Visit, item: Item, posts: list[Post]) -> Item:
        if item.kind is Kind.OPEN:
            self._open(visit, item)
        if item.kind is Kind.RECEIPT:
            self._receipts.show(item)
        is_unsure = item.state is not State.WAITING
        for post in posts[item.step :]:
            remote_id = self._posted(visit, item, post, is_unsure=is_unsure)
            item, is_unsure = replace(item, step=item.step + 1, remote_id=remote_id), False
            if item.step < len(posts):
                self._hold(item, helpdesk_items.progress)
        return item

    def _hold(self, item: Item, record: Callable[..., bool] = helpdesk_items.hold) -> None:
        """Record the hold on the items, or progress too. Raises IntegrationError if another worker has it."""
        with self._database.write() as connection:
            if not record(connection, item, self._clock()):
                raise IntegrationError("another worker is at it", permanent=False, code=_TAKEN)

    def _open(self, visit: _Visit, item: Item) -> None:
        if self._client.can_post_outgoing:
            self._or_again(visit, item, lambda at: self._client.set_status(_conversation_of(at), Status.OPEN))

    def _posted(self, visit: _Visit, item: Item, post: Post, *, is_unsure: bool) -> int | None:
        """Return the message's id; None if it is there, with an id larger than our column takes."""

        def post_at(place: ContactPlace) -> int | None:
            is_there, remote_id = self._found(place, item, post) if is_unsure else (False, None)
            if is_there:
                log.info("mirror_found_posted", item_id=item.id)
                return remote_id
            with self._sending.files(post, item) as files:
                if files:
                    self._hold(item)  # they may have taken their time
                return self._sending.post(place, post, files, item)

        return self._or_again(visit, item, post_at)

    def _place(self, visit: _Visit, item: Item) -> ContactPlace:
        place = visit.place
        if place is None:
            with self._database.read() as connection:
                place = visit.place = helpdesk.place_of(connection, item.contact_id)
            self._contacts.name(place)
        return place if place.conversation_id is not None else self._made(visit, item, place)

    def _made(self, visit: _Visit, item: Item, place: ContactPlace) -> ContactPlace:
        visit.place = None  # until it is there: a failure leaves us with what the database says
        made = self._contacts.make(place)
        self._hold(item)
        visit.place = made
        return made

    def _found(self, place: ContactPlace, item: Item, post: Post) -> tuple[bool, int | None]:
        """Return whether a post is in Chatwoot already, and its id."""
        with self._database.read() as connection:
            # In this order: a webhook between the two changes the item, and not what is searched
            after = helpdesk_items.last_remote_id(connection, item)
            now = helpdesk_items.item_by_id(connection, item.id)
        if now is not None and now.step > item.step:  # its webhook has come
            return True, now.remote_id
        found = self._sending.find(place, post, after=after)
        return found is not None, found

    def _or_again(self, visit: _Visit, item: Item, ask: Callable[[ContactPlace], _T]) -> _T:
        """Call Chatwoot; if it has no such conversation, find or create one, and call once more."""
        place = self._place(visit, item)
        try:
            return ask(place)
        except IntegrationError as error:
            if error.status != 404:
                raise
        self._contacts.forget(place)
        return ask(self._made(visit, item, place))

    def _after_failure(self, item: Item, error: IntegrationError) -> None:
        """Record an item's failure. Raises the errors that are worth another try."""
        is_held = error.status in HELD or error.code in _NOT_SET_UP
        if error.permanent and not is_held:
            log.error("mirror_item_failed", item_id=item.id, code=error.code, status=error.status)
            self._leave(item, State.FAILED)
            return
        self._leave(item, State.UNSURE if may_have_been_done(error) else State.WAITING)
        if not is_held:
            raise error
        log.error("chatwoot_not_set_up", code=error.code, status=error.status)
        raise IntegrationError(str(error), permanent=False, code=error.code, status=error.status) from error

    def _leave(self, item: Item, state: State) -> None:
        with self._database.write() as connection:
            now = helpdesk_items.item_by_id(connection, item.id)
            was_unsure = item.state is not State.WAITING and now is not None and now.step == item.step
            if was_unsure and state is State.WAITING:
                state = State.UNSURE  # it was not even looked for
            helpdesk_items.leave(connection, item, state, self._clock())


def _conversation_of(place: ContactPlace) -> int:
    assert place.conversation_id is not None
    return place.conversation_id
