"""Builds the services that receive, answer and track WhatsApp messages."""

from collections.abc import Sequence

from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from container.service import service
from conversation.manager import ConversationManager
from conversation.phrases import catalogue_for
from conversation.tools.runner import Toolbox, whatsapp_tools
from conversation.turns.channel import ChannelRules, Observers
from integrations.dialog360 import error_codes as dialog360_codes
from integrations.pictures import Picture
from messaging.batches import Batches
from messaging.files.photos import Files
from messaging.identity_changes import IdentityChanges
from messaging.inbox import Inbox, InboxPolicy
from messaging.intake import Intake, Limits
from messaging.media import Media, Tools
from messaging.media_ceiling import MediaCeiling
from messaging.missed import MissedMessages
from messaging.providers.base import DIALOG360
from messaging.receipts import Receipts
from messaging.sending.outbox import Outbox
from phone_numbers import matching_number
from storage.queries import messages

LONGEST_ANSWER = 2500
"""Tokens of an answer: the longest list that anybody reads on a phone, and some thought before it."""


class WhatsAppServices:
    """The services for WhatsApp conversations."""

    def __init__(self, core: Core, providers: Providers, people: PeopleServices) -> None:
        self._core, self._providers, self._people, self.lock = core, providers, people, core.lock

    @property
    def outbox(self) -> Outbox:
        """Keeps messages, and has them sent."""
        return self._people.outbox

    @service
    def manager(self) -> ConversationManager:
        """The manager of written conversations."""
        customers = catalogue_for(self._core.profile.language).customers
        reaches_people = self._people.handoffs.reaches_people
        return ConversationManager(
            database=self._core.database,
            work=self._core.work,
            profile=self._core.profile,
            models=self._core.models_of(LONGEST_ANSWER, offers_people=reaches_people),
            channel=ChannelRules(
                "whatsapp",
                Toolbox(whatsapp_tools(customers, reaches_people=reaches_people)),
                self._core.ledger,
                reaches_people=reaches_people,
                images_of=self._images_of,
            ),
            observers=Observers(people=self._people.handoffs, model=self._core.model_failures),
            metrics=self._core.metrics,
        )

    @service
    def inbox(self) -> Inbox:
        """Receives messages and answers them."""
        settings = self._core.settings
        inbox = Inbox(
            batches=Batches(
                self.manager,
                self._core.database,
                self._core.work,
                self.media,
                echoes=settings.whatsapp_echo_transcript,
            ),
            database=self._core.database,
            work=self._core.work,
            outbox=self.outbox,
            media=self.media,
            intake=self.intake,
            policy=InboxPolicy(
                settle_s=settings.whatsapp_settle_s,
                wait_s=settings.whatsapp_twiml_wait_s,
                public_url=settings.webhook_url,
            ),
        )
        return self._core.closed_at_end(inbox, inbox.close)

    @service
    def receipts(self) -> Receipts:
        """Stores Twilio's receipts."""
        return Receipts(self._core.database, self.outbox, self._people.observer)

    @service
    def dialog360_receipts(self) -> Receipts:
        """Stores 360dialog's receipts."""
        return Receipts(
            self._core.database,
            self.outbox,
            self._people.observer,
            provider=DIALOG360,
            passing_codes=dialog360_codes.PASSING_CODES,
        )

    @service
    def dialog360_identity_changes(self) -> IdentityChanges:
        """Keeps what 360dialog says of people's numbers and user ids."""
        return IdentityChanges(self._core.database, provider=DIALOG360)

    @service
    def media(self) -> Media:
        """Downloads and reads photos, voice notes and files."""
        tools = Tools(
            files=Files(
                self._providers.downloads, self._providers.simulated_downloads, self._core.file_memory
            ),
            transcriber=self._providers.transcriber,
            describer=self._core.background_model(lambda _channel: self.manager.beginning()),
            language=self._core.profile.language,
            ceiling=MediaCeiling(self._core.database, self._core.ledger),
        )
        return Media(self._core.database, tools)

    @service
    def missed(self) -> MissedMessages | None:
        """Catches up with what Twilio's webhooks did not bring; None without credentials."""
        rest = self._providers.twilio_messages
        if rest is None:
            return None
        sender = self._providers.whatsapp_sender
        return MissedMessages(self._core.database, rest, self.inbox, self.receipts, our_address=sender)

    @service
    def intake(self) -> Intake:
        """Keeps messages that come in."""
        settings = self._core.settings
        return Intake(
            self._core.database,
            self._core.work,
            self.outbox,
            self._core.profile.phrases,
            limits=Limits(
                settings.whatsapp_most_per_hour,
                frozenset(map(matching_number, settings.whatsapp_allowed_numbers)),
                self._core.returning,
            ),
            observer=self._people.observer,
            team_says=self._people.handoffs.seller_says,
        )

    def _images_of(self, turn_id: int) -> Sequence[Picture]:
        with self._core.database.read() as connection:
            asked = messages.asked_in(connection, turn_id)
        return self.media.photos(asked).pictures
