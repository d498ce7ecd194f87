"""The rules of a channel, and who is told of what happens on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from conversation.ledger import Kind, Ledger
from conversation.models.watch import NO_WATCH, ModelWatch
from conversation.observers import NULL_OBSERVER, ConversationObserver, HandoffListener
from conversation.tools.runner import Toolbox
from integrations.pictures import Picture

NO_IMAGES: Callable[[int], Sequence[Picture]] = lambda _turn_id: ()  # noqa: E731


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The rules of a channel. name: "phone" or "whatsapp". longest: the maximum length of a conversation.

    ledger: counts what its answers cost. can_transfer: whether callers can be transferred to a person. reaches_people:
    whether anybody is told of a handoff. images_of: loads the pictures of a turn again, by its id, for an answer whose
    owner died.
    """

    name: str
    toolbox: Toolbox
    ledger: Ledger
    can_transfer: bool = False
    reaches_people: bool = True
    longest: timedelta = timedelta.max
    images_of: Callable[[int], Sequence[Picture]] = NO_IMAGES

    @property
    def is_phone(self) -> bool:
        """True if its conversations are calls."""
        return self.name == "phone"

    @property
    def reaches_nobody(self) -> bool:
        """True if no person can be brought in: what is left for one is only kept."""
        return not self.can_transfer and not self.reaches_people

    @property
    def kind_of_turn(self) -> Kind:
        """The kind of its turns in the ledger."""
        return Kind.PHONE_TURN if self.is_phone else Kind.WHATSAPP_TURN


@dataclass(frozen=True, slots=True)
class Observers:
    """The listener for handoffs, the observer of complete turns, and who is told whether a model answers."""

    people: HandoffListener = NULL_OBSERVER
    mirror: ConversationObserver = NULL_OBSERVER
    model: ModelWatch = NO_WATCH
