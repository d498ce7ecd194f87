"""Where the parts are put together: the application, and its commands."""

import signal
import threading
from collections.abc import Sequence
from datetime import timedelta

import click
import structlog
from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from chatwoot_parts import chatwoot_client, chatwoot_guard, takeover
from cli.chat import chat_command
from cli.chatwoot import chatwoot_group
from cli.console import Terminal
from cli.crm import crm_group
from cli.handoffs import handoffs_command
from cli.whatsapp.commands import whatsapp_group
from container import (
    Bureau,
    Parts,
    WhatsApp,
    bureau,
    channels_of,
    desk,
    jobs_for,
    models_for,
    phone_line,
    profile_of,
    simulator_token,
    tally_of,
    twilio_messages,
    whatsapp,
)
from conversation.profiles.profile import Profile
from dashboard.auth import Access
from dashboard.blueprint import dashboard_blueprint
from dashboard.layout import Shell, prepare_templates
from guards.api_key import ApiKeyGuard
from guards.loopback import is_loopback
from guards.twilio_signature import TwilioGuard
from integrations.errors import IntegrationError
from integrations.language_model import LanguageModel
from ivr.call_closing import CallBooks
from ivr.views import phone_blueprint
from jobs.leases import is_worker_alive
from jobs.migrate import is_up_to_date, upgrade
from jobs.queue import Work
from jobs.worker import Periodic, Worker
from messaging.dialog360_views import Dialog360Guard, dialog360_blueprint
from messaging.views import whatsapp_blueprint
from observability.logging import configure_logging
from observability.metrics import CONTENT_TYPE, REQUESTS, Metrics
from people.elevenlabs.views import ElevenLabsGuard, elevenlabs_blueprint
from people.handoff.views import handoff_blueprint, join_limiter, new_limiter
from people.helpdesk.observer import SWEEP_EVERY_S, sweep
from people.helpdesk.takeover import Takeover
from people.helpdesk.views import chatwoot_blueprint
from settings import SIMULATOR_ACCOUNT_SID, Settings, SettingsError, load_settings
from simulator.terminal.phone import phone_command
from simulator.terminal.whatsapp import whatsapp_simulate_command
from storage import data_dir
from storage.base import utc_now
from storage.database import Database
from storage.login_tries import LoginTries
from storage.queries.webhook_events import forget_events

log = structlog.get_logger()

HOUSEKEEPING_EVERY_S = 60.0
EVENTS_KEPT = timedelta(days=14)
FORGETTING_EVERY_S = 3600.0
LARGEST_BODY = 256 * 1024


def create_app(settings: Settings | None = None, *, models: Sequence[LanguageModel] | None = None) -> Flask:
    """Build the application. models: in place of those that the settings name, first choice first.

    Raises SettingsError or ProfileError, each one sentence, where it cannot start.
    """
    settings = settings or _settings()
    configure_logging(settings)
    data_dir.prepare(settings.data_dir)
    profile = profile_of(settings)
    models = models or models_for(settings, profile)
    database = Database(settings.database_url)
    tally = tally_of(settings)
    people = bureau(settings, profile, database, tally)
    line = phone_line(settings, profile, models, database, people, tally)
    written = whatsapp(settings, profile, models, database, people, tally)
    app = Flask(__name__)
    app.secret_key = settings.secret_key or data_dir.kept_secret(settings.data_dir, "secret")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.extensions["parts"] = Parts(
        settings, database, Work(database), line.manager, line, written, people, models,
        Metrics(tally, database),
    )  # fmt: skip
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    guard = _twilio_guard(settings)
    app.register_blueprint(phone_blueprint(line, guard))
    app.register_blueprint(whatsapp_blueprint(written.inbox, written.receipts, guard))
    app.register_blueprint(
        dialog360_blueprint(
            written.inbox, written.dialog360_receipts, Dialog360Guard(settings.d360_webhook_token)
        )
    )
    app.register_blueprint(
        chatwoot_blueprint(_takeover(settings, profile, database, people, written), chatwoot_guard(settings))
    )
    key = settings.handoff_api_key
    limiter = new_limiter()
    handoffs = handoff_blueprint(
        people.api,
        ApiKeyGuard(key, setting="HANDOFF_API_KEY"),
        limiter,
        public_url=settings.webhook_url,
        needs_key=key is not None,
    )
    join_limiter(limiter, app, handoffs)
    app.register_blueprint(handoffs)
    _open_dashboard(app, app.extensions["parts"], profile)
    app.register_blueprint(
        elevenlabs_blueprint(people.postcalls, ElevenLabsGuard(settings.elevenlabs_webhook_secret))
    )
    app.register_error_handler(HTTPException, _without_words)
    _measure(app, app.extensions["parts"].metrics)
    app.add_url_rule("/health", view_func=lambda: _health(app.extensions["parts"]))
    terminal = Terminal(settings.terminal_language)
    for command in (
        database_commands(settings),
        worker_command(settings),
        _phone_command(settings),
        handoffs_command(database, terminal, profile.time_zone, lambda: _require_tables(settings)),
        _whatsapp_group(settings, database, terminal, profile, people),
        _chatwoot_group(settings, database, terminal, profile),
        crm_group(
            Work(database),
            terminal,
            profile.time_zone,
            lambda: _require_tables(settings),
            is_set=settings.crm_webhook_url is not None,
        ),
        chat_command(
            written.inbox.manager, database, terminal, profile.time_zone, lambda: _require_tables(settings)
        ),
    ):
        app.cli.add_command(command)
    return app


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        raise SystemExit(str(error)) from None


def _twilio_guard(settings: Settings) -> TwilioGuard:
    return TwilioGuard(
        settings.twilio_auth_tokens,
        public_url=settings.webhook_url,
        simulator_sid=SIMULATOR_ACCOUNT_SID,
        simulator_token=lambda: simulator_token(settings),
    )


def _open_dashboard(app: Flask, parts: Parts, profile: Profile) -> None:
    settings = parts.settings
    tries = LoginTries(settings.data_dir / "login-tries.db")
    access = Access(settings.dashboard_password, tries, secret_key=str(app.secret_key))
    access.join(app)
    prepare_templates(app, Shell(profile.business, profile.time_zone))
    app.register_blueprint(dashboard_blueprint(desk(parts, profile), access))


def _takeover(
    settings: Settings, profile: Profile, database: Database, people: Bureau, written: WhatsApp
) -> Takeover:
    writer = people.outbox if channels_of(settings).providers else None
    return takeover(settings, profile, database, writer=writer, stop=written.inbox.manager.stop)


def _measure(app: Flask, metrics: Metrics) -> None:
    """Count requests; tell this machine alone what was measured."""

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        metrics.tally.count(REQUESTS, route, str(response.status_code))
        return response

    @app.get("/metrics")
    def tell() -> Response:
        if not is_loopback(request):
            return Response("Only for this machine itself.\n", 403, content_type="text/plain")
        return Response(metrics.text(), content_type=CONTENT_TYPE)


def _without_words(error: HTTPException) -> Response:
    # text/plain would be read aloud or sent on by Twilio; the status says all there is to say
    return Response(status=error.code, mimetype="text/xml")


def _health(parts: Parts) -> tuple[Response, int]:
    """200 while calls can be answered; without a worker nothing is lost, it waits, so that is "degraded"."""
    try:
        with parts.database.read() as connection:
            worker = is_worker_alive(connection, utc_now())
    except SQLAlchemyError as error:
        log.error("health_database", error=type(error).__name__)
        return jsonify(status="down", database="unreachable"), 503
    return jsonify(
        status="ok" if worker else "degraded",
        database="ok",
        worker="ok" if worker else "absent",
        model="configured" if parts.settings.has_model else "offline",
    ), 200


# Commands


def database_commands(settings: Settings) -> click.Group:
    """Return `flask --app app db ...`."""
    group = click.Group("db", help="Look after the database.")

    @group.command("upgrade", help="Make or migrate every table. Safe to run again.")
    def upgrade_command() -> None:
        upgrade(settings.database_url)

    return group


def worker_command(settings: Settings) -> click.Command:
    """Return `flask --app app worker`."""

    @click.command("worker", help="Do the durable work: summaries, housekeeping. Ends on TERM or ^C.")
    def worker() -> None:
        _require_tables(settings)
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        make_worker(settings).run(stop)

    return worker


def _require_tables(settings: Settings) -> None:
    """Raise one sentence where the database is empty, of another version, or out of reach."""
    terminal = Terminal(settings.terminal_language)
    try:
        if is_up_to_date(settings.database_url):
            return
    except SQLAlchemyError as error:
        raise click.ClickException(
            terminal.pick(
                es=f"No se llega a la base de datos de DATABASE_URL ({type(error).__name__}).",
                en=f"The database of DATABASE_URL cannot be reached ({type(error).__name__}).",
            )
        ) from error
    raise click.ClickException(
        terminal.pick(
            es="La base de datos no está preparada: ejecute flask --app app db upgrade.",
            en="The database is not prepared: run flask --app app db upgrade.",
        )
    )


def make_worker(settings: Settings) -> Worker:
    """Return the worker with its jobs, as `flask worker` runs it."""
    database = Database(settings.database_url, busy_timeout_s=5)
    people = bureau(settings, profile_of(settings), database)
    books = CallBooks(database, Work(database), people.mirror)
    return Worker(
        settings.database_url,
        worker_id=settings.worker_id,
        jobs=jobs_for(settings, database),
        is_permanent=lambda error: isinstance(error, IntegrationError) and error.permanent,
        periodics=[
            Periodic("old-events", FORGETTING_EVERY_S, lambda: _forget_old_events(database)),
            Periodic("silent-calls", HOUSEKEEPING_EVERY_S, lambda: _close_silent_calls(books)),
            *_mirror_periodics(settings, database),
        ],
    )


def _mirror_periodics(settings: Settings, database: Database) -> list[Periodic]:
    if not settings.chatwoot_enabled:
        return []
    work = Work(database)
    return [Periodic("mirror-sweep", SWEEP_EVERY_S, lambda: sweep(database, work, utc_now()))]


def _forget_old_events(database: Database) -> None:
    """No provider sends a webhook again after so long, and what is kept with them is good for a week."""
    with database.write() as connection:
        forget_events(connection, utc_now() - EVENTS_KEPT)


def _close_silent_calls(books: CallBooks) -> None:
    books.close_silent_calls(utc_now())


def _whatsapp_group(
    settings: Settings, database: Database, terminal: Terminal, profile: Profile, people: Bureau
) -> click.Group:
    group = whatsapp_group(
        database,
        terminal,
        profile.time_zone,
        lambda: _require_tables(settings),
        rest=twilio_messages(settings),
        providers=channels_of(settings).providers,
        mirror=people.mirror,
    )
    group.add_command(whatsapp_simulate_command(lambda: (settings, simulator_token(settings))))
    return group


def _chatwoot_group(
    settings: Settings, database: Database, terminal: Terminal, profile: Profile
) -> click.Group:
    return chatwoot_group(
        database,
        terminal,
        profile.time_zone,
        lambda: _require_tables(settings),
        client=chatwoot_client(settings),
        public_url=settings.webhook_url,
        is_signed=settings.chatwoot_webhook_secret is not None,
    )


def _phone_command(settings: Settings) -> click.Command:
    return phone_command(lambda: (settings, simulator_token(settings)))
