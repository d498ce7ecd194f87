"""The parts that the application is made of, put together from the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from announcements import what_is_off
from conversation.addresses import matching_number
from conversation.manager import ConversationManager
from conversation.profiles import Profile, ProfileError, load_profile
from conversation.summaries import Summaries
from conversation.tools import Toolbox, phone_tools, whatsapp_tools
from integrations.language_model import LanguageModel
from integrations.offline_model import OfflineModel
from integrations.openai_model import OpenAIModel
from integrations.openai_transcription import OpenAITranscriber
from integrations.twilio_media import TwilioMedia
from integrations.twilio_messages import TwilioMessages
from ivr.ending import CallBooks
from ivr.line import PhoneLine
from messaging.inbox import Inbox
from messaging.keeping import Limits
from messaging.media import Media, Tools
from messaging.outbox import Outbox
from messaging.receipts import Receipts
from settings import ROOT, SIMULATOR_ACCOUNT_SID, Settings
from storage import data_dir, messages
from storage.database import Database
from storage.jobs import Job
from storage.work import Work

log = structlog.get_logger()


@dataclass(frozen=True)
class WhatsApp:
    """The second door: what takes messages in, what sends them, and what hears what became of them."""

    inbox: Inbox
    outbox: Outbox
    receipts: Receipts
    media: Media


@dataclass(frozen=True)
class Parts:
    """What the application is made of, for those who need more of it than its routes."""

    settings: Settings
    database: Database
    work: Work
    manager: ConversationManager
    line: PhoneLine
    whatsapp: WhatsApp
    models: Sequence[LanguageModel]

    @property
    def inbox(self) -> Inbox:
        """What takes written messages in."""
        return self.whatsapp.inbox

    def begin_serving(self) -> None:
        """What a web process does before its first call: say what is off, warm the model's connection."""
        for sentence in what_is_off(self.settings):
            log.warning(sentence)
        for model in self.models:
            if isinstance(model, OpenAIModel):
                model.warm_up()

    def end_serving(self) -> None:
        """What it does last: let go of its answers, so that the next one need not wait for them."""
        self.manager.close()
        self.inbox.close()


def profile_of(settings: Settings) -> Profile:
    """Return the assistant's profile. Ends the program with one sentence where it cannot be read."""
    try:
        return load_profile(settings.assistant_profile, ROOT / "profiles")
    except ProfileError as error:
        raise SystemExit(str(error)) from None


def models_for(settings: Settings, profile: Profile) -> list[LanguageModel]:
    """Return the models that the settings name, first choice first; the offline one where they name none."""
    if not settings.has_model:
        return [offline_model(profile)]
    first = OpenAIModel(
        settings.openai_model,
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        reasoning_effort=settings.openai_reasoning_effort,
    )
    fallback = settings.openai_fallback_model
    return [first] if fallback is None else [first, first.with_model(fallback)]


def offline_model(profile: Profile) -> OfflineModel:
    """Return the model that needs no account: it knows what the profile says, and nothing else."""
    return OfflineModel(
        business=profile.business,
        language=profile.language,
        faq=[(faq.questions, faq.answer) for faq in profile.faq],
        facts=profile.facts,
    )


def phone_line(
    settings: Settings, profile: Profile, models: Sequence[LanguageModel], database: Database
) -> PhoneLine:
    """Return the first door: phone calls."""
    can_transfer, work = settings.human_phone_number is not None, Work(database)
    manager = ConversationManager(
        database=database,
        work=work,
        profile=profile,
        models=models,
        toolbox=Toolbox(phone_tools(can_transfer=can_transfer)),
        channel="phone",
        can_transfer=can_transfer,
        longest=timedelta(minutes=settings.call_max_minutes),
    )
    return PhoneLine(
        manager=manager,
        database=database,
        books=CallBooks(database, work),
        wait_s=settings.answer_wait_s,
        human_number=settings.human_phone_number,
        base_path=urlsplit(settings.webhook_url or "").path,
        demonstration=models[0].name == OfflineModel.name,
    )


def whatsapp(
    settings: Settings, profile: Profile, models: Sequence[LanguageModel], database: Database
) -> WhatsApp:
    """Return the second door."""
    work, media = Work(database), Media(database, _media_tools(settings, profile, models))
    outbox = Outbox(
        database,
        work,
        twilio_messages(settings),
        sender=whatsapp_sender(settings),
        public_url=settings.webhook_url,
    )

    def images_of(turn_id: int) -> list[str]:
        with database.read() as connection:
            asked = messages.asked_in(connection, turn_id)
        return media.images(asked)

    manager = ConversationManager(
        database=database,
        work=work,
        profile=profile,
        models=models,
        toolbox=Toolbox(whatsapp_tools()),
        channel="whatsapp",
        can_transfer=False,
        longest=timedelta.max,
        images_of=images_of,
    )
    inbox = Inbox(
        manager=manager,
        database=database,
        work=work,
        outbox=outbox,
        media=media,
        settle_s=settings.whatsapp_settle_s,
        wait_s=settings.whatsapp_twiml_wait_s,
        public_url=settings.webhook_url,
        limits=Limits(
            settings.whatsapp_most_per_hour,
            frozenset(map(matching_number, settings.whatsapp_allowed_numbers)),
        ),
        echoes=settings.whatsapp_echo_transcript,
    )
    return WhatsApp(inbox, outbox, Receipts(database, outbox), media)


def _media_tools(settings: Settings, profile: Profile, models: Sequence[LanguageModel]) -> Tools:
    first = models[0]
    return Tools(
        downloads=_twilio_media(settings),
        simulated=TwilioMedia(SIMULATOR_ACCOUNT_SID, simulator_token(settings), loopback=True),
        transcriber=OpenAITranscriber(
            settings.openai_transcription_model,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
        )
        if settings.has_model
        else None,
        describer=first if isinstance(first, OpenAIModel) else None,
        language=profile.language,
    )


def whatsapp_sender(settings: Settings) -> str | None:
    """Return our address on WhatsApp, as Twilio writes it."""
    number = settings.twilio_whatsapp_number
    return f"whatsapp:{number}" if number else None


def twilio_messages(settings: Settings) -> TwilioMessages | None:
    """Return what sends messages through Twilio's REST API; None without credentials."""
    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        return None
    token = settings.twilio_auth_tokens[0]
    return TwilioMessages(settings.twilio_account_sid, token, api_url=settings.twilio_api_url)


def _twilio_media(settings: Settings) -> TwilioMedia | None:
    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        return None
    token = settings.twilio_auth_tokens[0]
    return TwilioMedia(settings.twilio_account_sid, token, api_url=settings.twilio_api_url)


def simulator_token(settings: Settings) -> str:
    """Return the secret that this installation's own simulator signs with."""
    return data_dir.kept_secret(settings.data_dir, "simulator")


def jobs_for(settings: Settings, database: Database) -> dict[str, Job]:
    """Return what a worker does for each name."""
    profile = profile_of(settings)
    models = models_for(settings, profile)
    written = whatsapp(settings, profile, models, database)
    jobs = {
        "finish_whatsapp": Job(written.inbox.finish),
        "send_whatsapp": Job(written.outbox.send),
        "describe_photos": Job(written.media.describe),
    }
    if not isinstance(models[0], OpenAIModel):
        return jobs | {"summarise": Job(_leave), "note_topic": Job(_leave)}
    summaries = Summaries(database, models[0])
    return jobs | {"summarise": Job(summaries.summarise), "note_topic": Job(summaries.note_topic)}


def _leave(_payload: dict[str, Any]) -> None:
    """With no model there is nobody to write summaries; prompts stay bounded by turns and characters alone."""
