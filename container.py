"""The parts that the application is made of, put together from the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import structlog

from chatwoot_parts import chatwoot_mirror, mirror_jobs
from conversation.composite_observer import Mirrors
from conversation.manager import ConversationManager
from conversation.meter import UNMETERED, Meter
from conversation.observers import NOBODY, Mirror
from conversation.profiles.profile import Profile, ProfileError, load_profile
from conversation.summaries import Summaries
from conversation.tools.runner import Toolbox, phone_tools, whatsapp_tools
from dashboard.blueprint import Desk
from dashboard.charts.costs import Prices
from dashboard.live_updates import Live
from dashboard.simulator.sessions import Sittings
from dashboard.simulator.views import Booth
from dashboard_parts import BrowserPost, operators
from integrations.crm.client import CrmWebhook
from integrations.dialog360 import error_codes as dialog360_codes
from integrations.dialog360.client import Dialog360
from integrations.language_model import LanguageModel
from integrations.offline.model import OfflineModel
from integrations.openai.model import OpenAIModel
from integrations.openai.transcription import OpenAITranscriber
from integrations.twilio.media import TwilioMedia
from integrations.twilio.messages import TwilioMessages
from ivr.call_closing import CallBooks
from ivr.call_flow import PhoneLine
from jobs.job import Job
from jobs.queue import Work
from messaging.inbox import Inbox
from messaging.intake import Limits
from messaging.media import Downloads, Media, Tools
from messaging.outbox import Outbox
from messaging.providers.base import DIALOG360, TWILIO, Channels, Provider, Template
from messaging.providers.dialog360 import Dialog360Provider
from messaging.providers.twilio import TwilioProvider
from messaging.receipts import Receipts
from observability.disabled_features import what_is_off
from observability.metrics import MessageCounts, Metrics
from observability.tally import Tally
from people.crm.publisher import CrmEvents
from people.elevenlabs.post_calls import PostCalls
from people.handoff.api import WAIT_S as PROMPT_S
from people.handoff.api import HandoffApi
from people.handoff.notices import notices_for
from people.handoff.sellers import Seller, SellersError, load_sellers, sellers_of
from people.handoff.service import Handoffs, Team
from phone_numbers import matching_number
from settings import ROOT, SIMULATOR_ACCOUNT_SID, Settings
from storage import data_dir
from storage.database import Database
from storage.queries import messages

log = structlog.get_logger()


@dataclass(frozen=True)
class WhatsApp:
    """The second door: what takes messages in, what sends them, and what hears what became of them."""

    inbox: Inbox
    outbox: Outbox
    receipts: Receipts
    dialog360_receipts: Receipts
    media: Media


@dataclass(frozen=True)
class Bureau:
    """Who brings in people: told of handoffs, by the phone's and WhatsApp's conversations alike."""

    handoffs: Handoffs
    outbox: Outbox
    mirror: Mirror
    api: HandoffApi
    crm: CrmEvents
    postcalls: PostCalls


@dataclass(frozen=True)
class Parts:
    """What the application is made of, for those who need more of it than its routes."""

    settings: Settings
    database: Database
    work: Work
    manager: ConversationManager
    line: PhoneLine
    whatsapp: WhatsApp
    people: Bureau
    models: Sequence[LanguageModel]
    metrics: Metrics

    @property
    def inbox(self) -> Inbox:
        """What takes written messages in."""
        return self.whatsapp.inbox

    @cached_property
    def sittings(self) -> Sittings:
        """The phones and WhatsApps that browsers have opened in this process."""
        return Sittings(self.database)

    @cached_property
    def live(self) -> Live:
        """What tells the dashboard's pages in this process that something changed."""
        return Live(self.database)

    def begin_serving(self) -> None:
        """What a web process does before its first call: say what is off, warm the model's connection."""
        for sentence in what_is_off(self.settings):
            log.warning(sentence)
        self.metrics.begin()
        for model in self.models:
            if isinstance(model, OpenAIModel):
                model.warm_up()

    def end_serving(self) -> None:
        """What it does last: let go of its answers, so that the next one need not wait for them."""
        self.live.close()
        self.sittings.close()
        self.manager.close()
        self.inbox.close()
        self.metrics.tally.close()


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


def tally_of(settings: Settings) -> Tally:
    """Return what a process counts with, beside the others of this installation."""
    return Tally(settings.data_dir / "metrics")


def bureau(settings: Settings, profile: Profile, database: Database, meter: Meter = UNMETERED) -> Bureau:
    """Return who brings in people."""
    work = Work(database)
    channels = channels_of(settings)
    desk = chatwoot_mirror(settings, work)
    mirror: Mirror = desk or NOBODY
    counts = MessageCounts(meter)
    watchers = Mirrors(mirror, counts)
    outbox = Outbox(database, work, channels, mirror=watchers)
    has_sender = settings.twilio_whatsapp_number is not None or DIALOG360 in channels.providers
    can_write = bool(channels.providers) and has_sender
    team = Team(
        sellers=team_of(settings),
        words=notices_for(profile.language),
        language=profile.language,
        zone=profile.time_zone,
        reply_within=timedelta(minutes=settings.seller_reply_min),
        silent_for=timedelta(hours=settings.human_resume_h),
    )
    crm = CrmEvents(database, work, crm_webhook(settings), ours=[seller.number for seller in team.sellers])
    handoffs = Handoffs(database, work, team, writer=outbox if can_write else None, desk=desk, also=crm)
    watchers.add(handoffs)  # a notice that the provider refuses at once has the next seller told
    api = HandoffApi(database, handoffs, outbox if can_write else None)
    everyone = Mirrors(mirror, handoffs, crm, counts)
    postcalls = PostCalls(database, work, mirror=everyone)
    return Bureau(handoffs, outbox, everyone, api, crm, postcalls)


def crm_webhook(settings: Settings) -> CrmWebhook | None:
    """Return the hook of a CRM; None where there is none."""
    url = settings.crm_webhook_url
    return CrmWebhook(url, settings.crm_webhook_secret) if url else None


def channels_of(settings: Settings) -> Channels:
    """Return what carries written messages."""
    return Channels(_providers(settings, total_s=10), prompt=_providers(settings, total_s=PROMPT_S))


def _providers(settings: Settings, *, total_s: float) -> dict[str, Provider]:
    found: dict[str, Provider] = {}
    if (rest := twilio_messages(settings, total_s=total_s)) is not None:
        found[TWILIO] = TwilioProvider(
            rest,
            sender=whatsapp_sender(settings),
            template_sid=settings.twilio_template_sid,
            public_url=settings.webhook_url,
        )
    if (dialog360 := dialog360_client(settings, total_s=total_s)) is not None:
        template = settings.d360_template
        found[DIALOG360] = Dialog360Provider(
            dialog360, template=Template.named(template) if template else None
        )
    # Who has never written is written to from a number that is set
    return found if settings.twilio_whatsapp_number else dict(reversed(found.items()))


def team_of(settings: Settings) -> list[Seller]:
    """Return the sellers. Ends the program with one sentence where their file cannot be used."""
    path = settings.sellers_file
    try:
        return load_sellers(path) if path.exists() else sellers_of(settings.seller_numbers)
    except SellersError as error:
        raise SystemExit(str(error)) from None


def phone_line(
    settings: Settings,
    profile: Profile,
    models: Sequence[LanguageModel],
    database: Database,
    people: Bureau,
    meter: Meter = UNMETERED,
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
        people=people.handoffs,
        mirror=people.mirror,
        meter=meter,
    )
    return PhoneLine(
        manager=manager,
        database=database,
        books=CallBooks(database, work, people.mirror),
        wait_s=settings.answer_wait_s,
        human_number=settings.human_phone_number,
        base_path=urlsplit(settings.webhook_url or "").path,
        demonstration=models[0].name == OfflineModel.name,
    )


def whatsapp(
    settings: Settings,
    profile: Profile,
    models: Sequence[LanguageModel],
    database: Database,
    people: Bureau,
    meter: Meter = UNMETERED,
) -> WhatsApp:
    """Return the second door."""
    work, media = Work(database), Media(database, _media_tools(settings, profile, models))

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
        people=people.handoffs,
        meter=meter,
    )
    inbox = Inbox(
        manager=manager,
        database=database,
        work=work,
        outbox=people.outbox,
        media=media,
        settle_s=settings.whatsapp_settle_s,
        wait_s=settings.whatsapp_twiml_wait_s,
        public_url=settings.webhook_url,
        limits=Limits(
            settings.whatsapp_most_per_hour,
            frozenset(map(matching_number, settings.whatsapp_allowed_numbers)),
        ),
        echoes=settings.whatsapp_echo_transcript,
        mirror=people.mirror,
        team_says=people.handoffs.seller_says,
    )
    receipts = Receipts(database, people.outbox, people.mirror)
    dialog360_receipts = Receipts(
        database, people.outbox, people.mirror, passing_codes=dialog360_codes.PASSING_CODES
    )
    return WhatsApp(inbox, people.outbox, receipts, dialog360_receipts, media)


def _media_tools(settings: Settings, profile: Profile, models: Sequence[LanguageModel]) -> Tools:
    first = models[0]
    return Tools(
        downloads=_downloads(settings),
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


def twilio_messages(settings: Settings, *, total_s: float = 10) -> TwilioMessages | None:
    """Return what sends messages through Twilio's REST API; None without credentials. total_s: for each request."""
    if (credentials := settings.twilio_credentials) is None:
        return None
    return TwilioMessages(
        *credentials,
        api_url=settings.twilio_api_url,
        timeout_s=min(5, total_s),
        total_s=total_s,
    )


def dialog360_client(settings: Settings, *, total_s: float = 10) -> Dialog360 | None:
    """Return 360dialog's API; None without a key. total_s: for each request."""
    if not settings.d360_api_key:
        return None
    return Dialog360(settings.d360_api_key, api_url=settings.d360_api_url, total_s=total_s)


def _downloads(settings: Settings) -> dict[str, Downloads]:
    twilio, dialog360 = _twilio_media(settings), dialog360_client(settings)
    return ({TWILIO: twilio} if twilio else {}) | ({DIALOG360: dialog360} if dialog360 else {})


def _twilio_media(settings: Settings) -> TwilioMedia | None:
    credentials = settings.twilio_credentials
    return TwilioMedia(*credentials, api_url=settings.twilio_api_url) if credentials else None


def desk(parts: Parts, profile: Profile) -> Desk:
    """Return what the dashboard's pages are given."""
    return Desk(
        database=parts.database,
        profile=profile,
        profile_file=parts.settings.assistant_profile,
        models=[model.name for model in parts.models],
        off=lambda language: what_is_off(parts.settings, language),
        booth=Booth(
            parts.settings,
            parts.database,
            parts.sittings,
            auth_token=lambda: simulator_token(parts.settings),
            bring=BrowserPost(parts.settings, parts.database, lambda: simulator_token(parts.settings)).bring,
            language=profile.language,
        ),
        operators=operators(
            parts.settings,
            profile,
            parts.database,
            phone=parts.manager,
            written=parts.inbox.manager,
            writer=parts.whatsapp.outbox,
            people=parts.people.handoffs,
            mirror=parts.people.mirror,
        ),
        live=parts.live,
        pictures=parts.whatsapp.media,
        prices=_prices(parts.settings),
    )


def _prices(settings: Settings) -> Prices | None:
    read, written = settings.openai_price_in, settings.openai_price_out
    return None if read is None or written is None else Prices(read, written)


def simulator_token(settings: Settings) -> str:
    """Return the secret that this installation's own simulator signs with."""
    return data_dir.kept_secret(settings.data_dir, "simulator")


def jobs_for(settings: Settings, database: Database) -> dict[str, Job]:
    """Return what a worker does for each name."""
    profile = profile_of(settings)
    models = models_for(settings, profile)
    meter = tally_of(settings)
    people = bureau(settings, profile, database, meter)
    written = whatsapp(settings, profile, models, database, people, meter)
    jobs = {
        "finish_whatsapp": Job(written.inbox.finish),
        "send_whatsapp": Job(written.outbox.send),
        "describe_photos": Job(written.media.describe),
        "open_media": Job(written.media.open),
        "offer_handoff": Job(people.handoffs.offer),
        "crm": Job(people.crm.deliver),
        "show_postcall": Job(people.postcalls.show),
    }
    if (mirror := mirror_jobs(settings, profile, database, _downloads(settings))) is not None:
        jobs["mirror"] = mirror.job
    if not isinstance(models[0], OpenAIModel):
        return jobs | {"summarise": Job(_leave), "note_topic": Job(_leave)}
    summaries = Summaries(database, models[0])
    return jobs | {"summarise": Job(summaries.summarise), "note_topic": Job(summaries.note_topic)}


def _leave(_payload: dict[str, Any]) -> None:
    """With no model there is nobody to write summaries; prompts stay bounded by turns and characters alone."""
