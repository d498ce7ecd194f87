"""Builds the services shared by all areas: settings, profile, database and models."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import RLock
from typing import TypeVar

from container.service import service
from conversation.phrases import catalogue_for
from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import Profile, load_profile
from guards.one_time_links import OneTimeLinks
from integrations.language_model import LanguageModel
from integrations.offline.model import OfflineModel
from integrations.openai.model import OpenAIModel
from jobs.queue import Work
from observability.prometheus import PrometheusMetrics
from people.handoff.seller_errors import sellers_sentence
from people.handoff.sellers import Seller, SellersError, load_sellers, sellers_of
from settings import ROOT, Settings, metrics_folder
from simulator.local_server import LocalServer
from storage import data_dir
from storage.database import WEB_BUSY_TIMEOUT_S, Database
from storage.login_tries import LoginTries
from translations import Message, language_of_locale

T = TypeVar("T")


class Core:
    """The services shared by all others. models: replace those of the settings, first choice first."""

    def __init__(self, settings: Settings, *, models: Sequence[LanguageModel] | None = None) -> None:
        self.settings, self._models = settings, models
        self.lock = RLock()
        self.busy_timeout_s = WEB_BUSY_TIMEOUT_S
        """Seconds a write waits for SQLite's lock. Set it before the first use of the database."""
        self._at_end = ExitStack()

    def closed_at_end(self, made: T, close: Callable[[], None]) -> T:
        """Register a service to be closed by `close_services`, and return it."""
        self._at_end.callback(close)
        return made

    def close_services(self) -> None:
        """Close the registered services, the last one first."""
        with self.lock:
            ending = self._at_end.pop_all()
        ending.close()

    def require_files(self) -> None:
        """Read the profile and the sellers' file. Ends the program with one sentence if either is invalid."""
        self.profile, self.sellers  # noqa: B018  (read, and kept)

    @service
    def profile(self) -> Profile:
        """The assistant's profile. Ends the program with one sentence if it is invalid."""
        try:
            return load_profile(self.settings.assistant_profile, ROOT / "profiles")
        except ProfileError as error:
            raise SystemExit(self._said(profile_sentence(error))) from None

    @service
    def sellers(self) -> list[Seller]:
        """The sellers. Ends the program with one sentence if their file is invalid."""
        path = self.settings.sellers_file
        try:
            return load_sellers(path) if path.exists() else sellers_of(self.settings.seller_numbers)
        except SellersError as error:
            raise SystemExit(self._said(sellers_sentence(error))) from None

    def _said(self, message: Message) -> str:
        return message.said_in(language_of_locale(self.settings.lang))

    @service
    def database(self) -> Database:
        """The database."""
        return Database(self.settings.database_url, busy_timeout_s=self.busy_timeout_s)

    @service
    def login_tries(self) -> LoginTries:
        """Counts attempts to log in to the dashboard."""
        return LoginTries(self.database)

    @service
    def secret_key(self) -> str:
        """The secret that signs the dashboard's sessions and links."""
        return self.settings.secret_key or data_dir.kept_secret(self.settings.data_dir, "secret")

    @service
    def dashboard_links(self) -> OneTimeLinks:
        """Links that open the dashboard once."""
        return OneTimeLinks(self.secret_key, lambda: self.database)

    @service
    def work(self) -> Work:
        """The queue of durable jobs."""
        return Work(self.database)

    @service
    def models(self) -> Sequence[LanguageModel]:
        """The language models, first choice first; the offline one if the settings name none."""
        if self._models is not None:
            return self._models
        settings = self.settings
        if not settings.has_model:
            return [self._offline_model()]
        first = OpenAIModel(
            settings.openai_model,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            reasoning_effort=settings.openai_reasoning_effort,
        )
        fallback = settings.openai_fallback_model
        return [first] if fallback is None else [first, first.with_model(fallback)]

    @property
    def text_model(self) -> OpenAIModel | None:
        """The first language model, for complete texts; None if it is the offline one."""
        first = self.models[0]
        return first if isinstance(first, OpenAIModel) else None

    def _offline_model(self) -> OfflineModel:
        profile = self.profile
        return OfflineModel(
            business=profile.business,
            phrases=catalogue_for(profile.language).offline,
            faq=[(faq.questions, faq.answer) for faq in profile.faq],
            facts=profile.facts,
        )

    @service
    def metrics(self) -> PrometheusMetrics:
        """The process's metrics, shared with the installation's other processes, if any."""
        metrics = PrometheusMetrics(metrics_folder())
        return self.closed_at_end(metrics, metrics.close)

    @service
    def simulator_token(self) -> str:
        """The secret for the signatures of this installation's simulator."""
        return data_dir.kept_secret(self.settings.data_dir, "simulator")

    @service
    def local_server(self) -> LocalServer:
        """Connects this installation's simulator to the server on this machine."""
        settings = self.settings
        return LocalServer(
            auth_token=lambda: self.simulator_token,
            public_url=settings.webhook_url,
            assistant=settings.twilio_phone_number,
            port=settings.port,
            port_file=settings.data_dir / "port",
        )
