"""Builds the web application: its blueprints, each with its guard, and its commands."""

from collections.abc import Sequence

from flask import Flask, Response
from sqlalchemy.orm import configure_mappers
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from cli.commands import commands
from container import Container
from conversation.speech.text_for_tts import prepare as prepare_speech
from dashboard import services as dashboard_services
from dashboard import views as dashboard
from dashboard.auth import Access
from dashboard.layout import Shell, prepare_templates
from guards.api_key import ApiKeyGuard
from guards.rate_limits import RateLimits
from guards.twilio_signature import TwilioGuard
from integrations.language_model import LanguageModel
from ivr import views as phone
from messaging import dialog360_views as dialog360
from messaging import views as whatsapp
from observability.logging import configure_logging
from observability.settings_errors import said_at_start
from people.elevenlabs import views as elevenlabs
from people.handoff import views as handoff
from people.helpdesk import views as chatwoot
from settings import SIMULATOR_ACCOUNT_SID, Settings, SettingsError, load_settings, share_metrics
from storage import data_dir
from web import monitoring
from web.guards import GuardedBlueprints

LARGEST_BODY = 256 * 1024


def load_to_share(settings: Settings) -> None:
    """Load what processes forked later share: the mapped tables, and how the profile's language is spoken."""
    configure_mappers()
    prepare_speech(Container(settings).profile.voice_language)


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
    app.secret_key = container.secret_key
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _bind_services(app, container)
    _register_blueprints(app, container)
    # Twilio would read text/plain aloud or send it on; the status says everything
    app.register_error_handler(HTTPException, lambda error: Response(status=error.code, mimetype="text/xml"))
    for command in commands(container):
        app.cli.add_command(command)
    return app


def _settings() -> Settings:
    """Return the settings, and share the metrics with the installation's other processes."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise SystemExit(said_at_start(error)) from None
    share_metrics(settings.data_dir / "metrics")
    return settings


def _bind_services(app: Flask, container: Container) -> None:
    settings = container.settings
    phone.line.bind(app, lambda: container.phone.line)
    phone.machines.bind(app, lambda: container.phone.machines)
    whatsapp.inbox.bind(app, lambda: container.whatsapp.inbox)
    whatsapp.receipts.bind(app, lambda: container.whatsapp.receipts)
    dialog360.identity_changes.bind(app, lambda: container.whatsapp.dialog360_identity_changes)
    dialog360.receipts.bind(app, lambda: container.whatsapp.dialog360_receipts)
    chatwoot.takeover.bind(app, lambda: container.helpdesk.takeover)
    elevenlabs.postcalls.bind(app, lambda: container.people.postcalls)
    handoff.api.bind(app, lambda: container.people.api)
    published = handoff.Publication(settings.webhook_url, needs_key=settings.handoff_api_key is not None)
    handoff.publication.bind(app, lambda: published)
    limits = RateLimits(lambda: container.database)
    handoff.rate_limits.bind(app, lambda: limits)
    dashboard_services.services.bind(app, lambda: container.dashboard)
    monitoring.counters.bind(app, lambda: container.metrics)
    monitoring.exposition.bind(app, lambda: container.exposition)
    monitoring.health_check.bind(app, lambda: container.health_check)
    monitoring.proof.bind(app, lambda: container.server_proof)


def _register_blueprints(app: Flask, container: Container) -> None:
    settings, profile, guarded = container.settings, container.profile, GuardedBlueprints(app)
    twilio = TwilioGuard(
        settings.twilio_auth_tokens,
        public_url=settings.webhook_url,
        simulator_sid=SIMULATOR_ACCOUNT_SID,
        simulator_token=lambda: container.simulator_token,
    )
    guarded.register(phone.bp, twilio)
    guarded.register(whatsapp.bp, twilio)
    guarded.register(dialog360.bp, dialog360.Dialog360Guard(settings.d360_webhook_token))
    chatwoot_secret = settings.chatwoot_webhook_secret if settings.chatwoot_enabled else None
    guarded.register(chatwoot.bp, chatwoot.ChatwootGuard(chatwoot_secret))
    guarded.register(elevenlabs.bp, elevenlabs.ElevenLabsGuard(settings.elevenlabs_webhook_secret))
    guarded.register(handoff.bp, handoff.HandoffGuard(settings.handoff_api_key, is_public=settings.is_public))
    access = Access(
        settings.dashboard_password,
        lambda: container.login_tries,
        links=lambda: container.dashboard_links,
        database=lambda: container.database,
        secret_key=container.secret_key,
        is_public=settings.is_public,
    )
    access.join(app)
    guarded.register(dashboard.bp, access.guard)
    app.add_url_rule("/", "redirect_to_dashboard", dashboard.redirect_to_dashboard)
    prepare_templates(app, Shell(profile.business, profile.time_zone))
    key = ApiKeyGuard(settings.metrics_key, setting="METRICS_KEY", is_public=settings.is_public)
    guarded.register(monitoring.metrics_bp, key)
    app.register_blueprint(monitoring.health_bp)
