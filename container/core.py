"""Builds the services shared by all areas: settings, profile, database and models."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import RLock
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from container.service import service
from conversation.daily_ceilings import DailyCeilings, Limit
from conversation.ledger import Ledger
from conversation.models.background import BackgroundModel
from conversation.models.beginning import Beginning
from conversation.models.watch import ModelFailures
from conversation.phrases import catalogue_for
from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import Profile, load_profile
from guards.one_time_links import OneTimeLinks
from integrations.http.memory_budget import MemoryBudget
from integrations.language_model import LanguageModel
from integrations.offline.model import OfflineModel
from integrations.openai.model import OpenAIModel
from jobs.queue import Work
from observability.prometheus import PrometheusMetrics
from observability.vitals import Vitals
from people.handoff.seller_errors import sellers_sentence
from people.handoff.sellers import Seller, SellersError, load_sellers, sellers_of
from settings import ROOT, Settings, metrics_folder
from simulator.local_server import LocalServer
from storage import data_dir
from storage.base import utc_now
from storage.connections import ConnectionPlan, plan_connections
from storage.database import WEB_BUSY_TIMEOUT_S, Database, sqlite_path
from storage.login_tries import LoginTries
from storage.privacy.digests import Digests
from storage.privacy.erasures import Returning
from storage.queries.turns import is_any_written
from translations import Message, language_of_locale
from web.server_proof import ServerProof

log = structlog.get_logger()

T = TypeVar("T")

FILE_MEMORY_BYTES = 64 * 1024 * 1024
"""The most that a process holds of people's files: two answers with five photos of the largest size, and some."""


class Core:
    """The services shared by all others. models: replace those of the settings, first choice first."""

    def __init__(self, settings: Settings, *, models: Sequence[LanguageModel] | None = None) -> None:
        self.settings, self._models = settings, models
        self.lock = RLock()
        self.busy_timeout_s = WEB_BUSY_TIMEOUT_S
        """Seconds a write waits for SQLite's lock. Set it before the first use of the database."""
        self.kind = "web"
        """The kind of this process. Set it before the first use of the database."""
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
        plan = self.connections
        connections = plan.worker if self.kind == "worker" else plan.web
        return Database(
            self.settings.database_url, busy_timeout_s=self.busy_timeout_s, connections=connections
        )

    @property
    def connections(self) -> ConnectionPlan:
        """The connections to PostgreSQL of each part of the program."""
        settings = self.settings
        return plan_connections(
            settings.database_connections,
            web_processes=settings.web_concurrency,
            threads=settings.web_threads,
        )

    @service
    def vitals(self) -> Vitals:
        """Watches this process."""
        vitals = Vitals(self.database, kind=self.kind, folders=self.folders)
        return self.closed_at_end(vitals, vitals.close)

    @property
    def folders(self) -> dict[str, Path]:
        """The folders that the program writes to, by name."""
        folders = {"data": self.settings.data_dir}
        file = sqlite_path(self.settings.database_url)
        if file is not None and file.parent.resolve() != self.settings.data_dir.resolve():
            folders["database"] = file.parent
        return folders

    @service
    def ledger(self) -> Ledger:
        """The ceilings on what costs, by person and day."""
        return Ledger(self.profile.time_zone)

    @service
    def daily_ceilings(self) -> DailyCeilings:
        """The ceilings on what the business begins in a day."""
        settings = self.settings
        return DailyCeilings(
            self.profile.time_zone,
            Limit("DAILY_MESSAGES", settings.daily_messages, settings.message_price),
            Limit("DAILY_CALLS", settings.daily_calls, settings.call_price),
            settings.daily_spend,
        )

    @service
    def login_tries(self) -> LoginTries:
        """Counts attempts to log in to the dashboard."""
        return LoginTries(self.database)

    @service
    def secret_key(self) -> str:
        """The secret that signs the dashboard's sessions and links."""
        return self.settings.secret_key or data_dir.kept_secret(self.settings.data_dir, "secret")

    @service
    def server_proof(self) -> ServerProof:
        """Proves that an answer is this installation's."""
        return ServerProof(self.secret_key)

    @service
    def digests(self) -> Digests:
        """The keyed hashes of people who were erased."""
        settings = self.settings
        return Digests(lambda: settings.erasure_key or data_dir.kept_secret(settings.data_dir, "erasures"))

    @service
    def returning(self) -> Returning:
        """Tells who was erased before."""
        return Returning(self.digests)

    @service
    def dashboard_links(self) -> OneTimeLinks:
        """Links that open the dashboard once."""
        return OneTimeLinks(self.secret_key, lambda: self.database)

    @service
    def file_memory(self) -> MemoryBudget:
        """The memory for people's files, of the whole process."""
        return MemoryBudget(FILE_MEMORY_BYTES)

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
            api=settings.openai_api,
        )
        fallback = settings.openai_fallback_model
        return [first] if fallback is None else [first, first.with_model(fallback)]

    @service
    def model_failures(self) -> ModelFailures:
        """Notes whether the language model answers."""
        return ModelFailures(self.database, self.work)

    def models_of(self, limit: int, *, offers_people: bool) -> list[LanguageModel]:
        """Return the models for a channel. limit: tokens of an answer. offers_people: whether a person can be
        brought in, which the offline model is not told by its tools.
        """
        return [_for_channel(model, limit, offers_people) for model in self.models]

    def background_model(self, beginning: Callable[[str], Beginning]) -> BackgroundModel | None:
        """Return the first model, for tasks that nobody waits for. beginning: of a channel's prompts."""
        model = self.text_model
        if model is None:
            return None
        return BackgroundModel(model, beginning=beginning, is_waited_for=self.is_answer_waited_for)

    def is_answer_waited_for(self) -> bool:
        """Return whether anybody waits for an answer now, in whichever process."""
        try:
            with self.database.read() as connection:
                return is_any_written(connection, utc_now())
        except SQLAlchemyError as error:
            log.warning("answers_not_read", error=type(error).__name__)
            return False

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
            host=settings.host,
            port_file=settings.data_dir / "port",
        )


def _for_channel(model: LanguageModel, limit: int, offers_people: bool) -> LanguageModel:
    if isinstance(model, OpenAIModel):
        return model.with_limit(limit)
    return model.offering(offers_people) if isinstance(model, OfflineModel) else model
