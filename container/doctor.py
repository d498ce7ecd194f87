"""Builds the parts that the doctor looks at, each with plain values and what it asks."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import Connection

from common.ip_addresses import is_loopback
from container.core import Core
from container.providers import Providers
from container.service import service
from container.twilio_parts import twilio_parts
from conversation.daily_ceilings import Begun
from conversation.models.beginning import Beginning
from doctor.address import AddressPart
from doctor.chatwoot import ChatwootPart
from doctor.clock import ClockPart
from doctor.daily_ceilings import DailyCeilingsPart
from doctor.database import DatabasePart
from doctor.dialog360 import Dialog360Part
from doctor.disk import DiskPart
from doctor.elevenlabs import ElevenLabsPart
from doctor.limits import LimitsPart
from doctor.model.part import ModelPart, ModelPlace, Price
from doctor.parts import Part
from doctor.reached_server import ask
from doctor.runner import Doctor
from doctor.sellers import Carrier, SellerFacts, SellersPart
from doctor.settings_part import SettingsPart
from doctor.worker import WorkerPart
from integrations.http.server_clock import server_time
from integrations.openai.known_models import known_models
from integrations.openai.model import OpenAIModel
from integrations.tunnels import find_tunnels
from integrations.twilio import hosts
from jobs.migrate import is_empty, is_up_to_date
from launch.connections import few_connections
from launch.descriptors import raise_descriptor_limit
from launch.limits import limits_of
from messaging.dialog360_views import PATH as DIALOG360_PATH
from messaging.providers.base import DIALOG360
from observability.disabled_features import features_off
from observability.disk import look_at_disks
from observability.doubtful_settings import doubts_here
from people.elevenlabs.views import PATH as ELEVENLABS_PATH
from people.helpdesk.views import PATH as CHATWOOT_PATH
from phone_numbers import dialable_number
from storage.base import utc_now

VITAL = frozenset({"address", "database", "model", "twilio", "twilio-number"})
"""The parts without which no call is answered."""
_OFF_WITHOUT_A_PART = (
    "human",
    "human is us",
    "handoff key",
    "handoff key, public",
    "dashboard",
    "dashboard, public",
)
"""Features whose settings no part but that of the settings looks at."""
_OPENAI_URL = "https://api.openai.com"


class DoctorServices:
    """The doctor and its parts."""

    def __init__(self, core: Core, providers: Providers, beginning: Callable[[], Beginning]) -> None:
        """beginning: of a call's prompt."""
        self._core, self._providers, self._beginning, self.lock = core, providers, beginning, core.lock
        self._settings = core.settings

    @service
    def doctor(self) -> Doctor:
        """Looks at all parts."""
        takes_calls = bool(self._settings.twilio_auth_tokens)
        return Doctor(self.parts, vital=VITAL, takes_calls=takes_calls)

    @service
    def parts(self) -> Sequence[Part]:
        """What is looked at, in the order in which it is shown."""
        settings = self._settings
        off = features_off(settings)
        return [
            SettingsPart(
                doubts_here(settings),
                [off[name] for name in _OFF_WITHOUT_A_PART if name in off],
            ),
            DatabasePart(
                lambda: self._core.database,
                partial(is_up_to_date, settings.database_url),
                partial(is_empty, settings.database_url),
                kind="SQLite" if settings.database_url.startswith("sqlite") else "PostgreSQL",
            ),
            self._address(),
            *self._models(),
            *twilio_parts(settings, self._providers),
            WorkerPart(lambda: self._core.database),
            DiskPart(self._core.folders, lambda folders: look_at_disks(folders, None)),
            self._clock(),
            LimitsPart(
                lambda: limits_of(settings, raise_descriptor_limit()), partial(few_connections, settings)
            ),
            self._ceilings(),
            self._sellers(),
            ChatwootPart(
                self._providers.chatwoot,
                lambda: self._core.database,
                webhook_url=self._public(CHATWOOT_PATH),
                is_signed=settings.chatwoot_webhook_secret is not None,
            ),
            Dialog360Part(
                self._providers.dialog360,
                webhook_url=self._public(DIALOG360_PATH),
                token=settings.d360_webhook_token,
            ),
            ElevenLabsPart(
                lambda: self._core.database,
                webhook_url=self._public(ELEVENLABS_PATH),
                has_secret=settings.elevenlabs_webhook_secret is not None,
                is_api_open=settings.handoff_api_key is not None,
            ),
        ]

    def _public(self, path: str) -> str | None:
        url = self._settings.webhook_url
        return f"{url}{path}" if url is not None and self._settings.is_public else None

    def _address(self) -> AddressPart:
        settings, local_url = self._settings, self._core.local_server.url
        return AddressPart(
            local_url,
            settings.webhook_url,
            needs_public=bool(settings.twilio_auth_tokens or settings.d360_api_key),
            ask=lambda url: ask(url, self._core.server_proof),
            tunnels=lambda: find_tunnels(urlsplit(local_url).port or settings.port),
        )

    def _models(self) -> Sequence[ModelPart]:
        settings, models = self._settings, self._core.models
        read, written = settings.openai_price_in, settings.openai_price_out
        price = None if read is None or written is None else Price(read, written)
        return [
            ModelPart(
                ModelPlace(name, setting, is_needed=len(models) == 1),
                model,
                self._beginning,
                is_own=isinstance(model, OpenAIModel) and model.is_own,
                known_models=lambda: known_models(
                    api_key=settings.openai_api_key, base_url=settings.openai_base_url
                ),
                price=price if name == "model" else None,
            )
            for (name, setting), model in zip(
                (("model", "OPENAI_MODEL"), ("fallback-model", "OPENAI_FALLBACK_MODEL")), models, strict=False
            )
        ]

    def _clock(self) -> ClockPart:
        settings = self._settings
        who, url = "", None
        if settings.twilio_credentials is not None:
            who, url = "Twilio", settings.twilio_api_url or hosts.api_url(self._providers.twilio_region)
        elif settings.has_model:
            url = settings.openai_base_url or _OPENAI_URL
            who = urlsplit(url).hostname or ""
        if url is None or is_loopback(urlsplit(url).hostname or ""):
            return ClockPart(who, None)
        return ClockPart(who, partial(server_time, url))

    def _ceilings(self) -> DailyCeilingsPart:
        settings = self._settings
        set_up = {
            "DAILY_MESSAGES": (settings.daily_messages, "d"),
            "DAILY_CALLS": (settings.daily_calls, "d"),
            "DAILY_SPEND": (settings.daily_spend, ".2f"),
        }
        return DailyCeilingsPart(
            {name: format(limit, form) for name, (limit, form) in set_up.items() if limit is not None},
            settings.daily_spend,
            {"MESSAGE_PRICE": settings.message_price, "CALL_PRICE": settings.call_price},
            lambda: self._core.database,
            self._reached,
        )

    def _reached(self, connection: Connection) -> tuple[str, datetime] | None:
        ceilings, zone, now = self._core.daily_ceilings, self._core.profile.time_zone, utc_now()
        for kind in Begun:
            if (reached := ceilings.reached(connection, kind, now)) is not None:
                return reached.setting, reached.until.astimezone(zone)
        return None

    def _sellers(self) -> SellersPart:
        settings = self._settings
        ours = {settings.twilio_phone_number, dialable_number(settings.twilio_whatsapp_number or "")}
        local = datetime.now(self._core.profile.time_zone)
        sellers = [
            SellerFacts(seller.name, seller.number, seller.next_duty(local) is not None)
            for seller in self._core.sellers
        ]
        return SellersPart(
            sellers, self._carrier(), lambda: self._core.database, ours=frozenset(filter(None, ours))
        )

    def _carrier(self) -> Carrier | None:
        if not self._providers.can_write_first:
            return None
        name, provider = next(iter(self._providers.channels.providers.items()))
        setting = "D360_TEMPLATE" if name == DIALOG360 else "TWILIO_TEMPLATE_SID"
        return Carrier(name, provider.title, provider.template is not None, setting)
