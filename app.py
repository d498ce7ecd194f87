"""The web application: its blueprints, each with its guard, and its commands."""

from collections.abc import Sequence

import structlog
from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from cli.commands import commands
from container import Container
from dashboard.auth import Access
from dashboard.blueprint import dashboard_blueprint
from dashboard.layout import Shell, prepare_templates
from guards.api_key import ApiKeyGuard
from guards.loopback import is_loopback
from guards.twilio_signature import TwilioGuard
from integrations.language_model import LanguageModel
from ivr import views as phone
from jobs.leases import is_worker_alive
from messaging import dialog360_views as dialog360
from messaging import views as whatsapp
from observability.logging import configure_logging
from observability.metrics import CONTENT_TYPE, REQUESTS
from observability.settings_errors import said_at_start
from people.elevenlabs import views as elevenlabs
from people.handoff.views import handoff_blueprint, new_limiter
from people.helpdesk import views as chatwoot
from settings import SIMULATOR_ACCOUNT_SID, Settings, SettingsError, load_settings, share_metrics
from storage import data_dir
from storage.base import utc_now
from web.guards import GuardedBlueprints

log = structlog.get_logger()

LARGEST_BODY = 256 * 1024


def create_app(settings: Settings | None = None, *, models: Sequence[LanguageModel] | None = None) -> Flask:
    """Build the application. models: replace those of the settings, first choice first.

    Ends the program (SystemExit) with one sentence if it cannot start.
    """
    settings = settings or _settings()
    configure_logging(settings)
    data_dir.prepare(settings.data_dir)
    container = Container(settings, models=models)
    container.require_files()
    app = Flask(__name__)
    app.extensions["container"] = container
    app.secret_key = settings.secret_key or data_dir.kept_secret(settings.data_dir, "secret")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _bind_services(app, container)
    _register_webhooks(app, container)
    _register_handoff_api(app, container)
    _register_dashboard(app, container)
    _register_monitoring(app, container)
    # text/plain would be read aloud or sent on by Twilio; the status says all there is to say
    app.register_error_handler(HTTPException, lambda error: Response(status=error.code, mimetype="text/xml"))
    for command in commands(container):
        app.cli.add_command(command)
    return app


def _settings() -> Settings:
    """Return the settings of an installation's process, with metrics shared with its other processes."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise SystemExit(said_at_start(error)) from None
    share_metrics(settings.data_dir / "metrics")
    return settings


def _bind_services(app: Flask, container: Container) -> None:
    phone.line.bind(app, lambda: container.phone.line)
    whatsapp.inbox.bind(app, lambda: container.whatsapp.inbox)
    whatsapp.receipts.bind(app, lambda: container.whatsapp.receipts)
    dialog360.receipts.bind(app, lambda: container.whatsapp.dialog360_receipts)
    chatwoot.takeover.bind(app, lambda: container.helpdesk.takeover)
    elevenlabs.postcalls.bind(app, lambda: container.people.postcalls)


def _register_webhooks(app: Flask, container: Container) -> None:
    settings, guarded = container.settings, GuardedBlueprints(app)
    twilio_guard = TwilioGuard(
        settings.twilio_auth_tokens,
        public_url=settings.webhook_url,
        simulator_sid=SIMULATOR_ACCOUNT_SID,
        simulator_token=lambda: container.simulator_token,
    )
    chatwoot_secret = settings.chatwoot_webhook_secret if settings.chatwoot_enabled else None
    guarded.register(phone.bp, twilio_guard)
    guarded.register(whatsapp.bp, twilio_guard)
    guarded.register(dialog360.bp, dialog360.Dialog360Guard(settings.d360_webhook_token))
    guarded.register(chatwoot.bp, chatwoot.ChatwootGuard(chatwoot_secret))
    guarded.register(elevenlabs.bp, elevenlabs.ElevenLabsGuard(settings.elevenlabs_webhook_secret))


def _register_handoff_api(app: Flask, container: Container) -> None:
    key, limiter = container.settings.handoff_api_key, new_limiter()
    blueprint = handoff_blueprint(
        lambda: container.people.api,
        ApiKeyGuard(key, setting="HANDOFF_API_KEY"),
        limiter,
        public_url=container.settings.webhook_url,
        needs_key=key is not None,
    )
    limiter.init_app(app)
    app.register_blueprint(blueprint)


def _register_dashboard(app: Flask, container: Container) -> None:
    settings, profile = container.settings, container.profile
    access = Access(
        settings.dashboard_password, lambda: container.login_tries, secret_key=str(app.secret_key)
    )
    access.join(app)
    prepare_templates(app, Shell(profile.business, profile.time_zone))
    app.register_blueprint(dashboard_blueprint(container.dashboard, access))


def _register_monitoring(app: Flask, container: Container) -> None:
    """Count requests; serve metrics to this machine alone, and the health check to everybody."""

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        container.metrics.count(REQUESTS, route, str(response.status_code))
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        if not is_loopback(request):
            return Response("Only for this machine itself.\n", 403, content_type="text/plain")
        return Response(container.exposition.text(), content_type=CONTENT_TYPE)

    @app.get("/health")
    def health() -> tuple[Response, int]:
        """Return 200 while calls can be answered; without a worker jobs wait, none is lost: "degraded"."""
        try:
            with container.database.read() as connection:
                worker = is_worker_alive(connection, utc_now())
        except SQLAlchemyError as error:
            log.error("health_database", error=type(error).__name__)
            return jsonify(status="down", database="unreachable"), 503
        return jsonify(
            status="ok" if worker else "degraded",
            database="ok",
            worker="ok" if worker else "absent",
            model="configured" if container.settings.has_model else "offline",
        ), 200
