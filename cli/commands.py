"""Makes every command of `flask --app app` with its services from the container."""

from functools import partial

import click

from cli.campaigns.commands import CampaignServices, campaign_group
from cli.chat import ChatServices, chat_command
from cli.chatwoot import ChatwootServices, chatwoot_group
from cli.console import Terminal
from cli.contacts.commands import ContactServices, contacts_group
from cli.crm import CrmServices, crm_group
from cli.dashboard_link import LinkServices, dashboard_link_command
from cli.database import database_group, prepare_tables
from cli.doctor import doctor_command
from cli.handoffs import HandoffServices, handoffs_command
from cli.placeholders import translated
from cli.whatsapp.commands import WhatsAppServices, whatsapp_group
from cli.worker import give_up, worker_command
from container import Container
from jobs.worker import Worker
from phone_numbers import region_of
from simulator.terminal.phone import phone_command
from simulator.terminal.whatsapp import whatsapp_simulate_command
from translations import language_of_locale

WORKER_BUSY_TIMEOUT_S = 5.0
"""Seconds a worker waits for SQLite's lock: longer than a web process, as nobody waits for a worker."""


def commands(container: Container) -> list[click.Command]:
    """Return the commands. The container's services are made when a command runs."""
    settings = container.settings
    language = language_of_locale(settings.lang)
    terminal = Terminal(language)
    check = partial(prepare_tables, settings.database_url, terminal)
    reconcile = partial(_reconcile, container)
    whatsapp = whatsapp_group(terminal, lambda: _whatsapp(container), check)
    whatsapp.add_command(whatsapp_simulate_command(lambda: container.local_server, language))
    made = [
        database_group(settings.database_url, terminal, reconcile),
        worker_command(terminal, lambda: _worker(container), check, reconcile, container.close_services),
        phone_command(lambda: container.local_server, language),
        handoffs_command(terminal, lambda: _handoffs(container), check),
        whatsapp,
        chatwoot_group(terminal, lambda: _chatwoot(container), check),
        crm_group(terminal, lambda: _crm(container), check),
        contacts_group(terminal, lambda: _contacts(container), check),
        campaign_group(terminal, lambda: _campaigns(container), check),
        chat_command(terminal, lambda: _chat(container), check),
        dashboard_link_command(terminal, lambda: _links(container), check),
        doctor_command(terminal, lambda: container.examination.doctor),
    ]
    return [translated(command, terminal) for command in made]


def _reconcile(container: Container) -> None:
    container.privacy.erasures.reconcile_at_start()


def _worker(container: Container) -> Worker:
    container.busy_timeout_s, container.kind = WORKER_BUSY_TIMEOUT_S, "worker"
    worker = container.jobs.worker
    container.vitals.begin(give_up)
    return worker


def _handoffs(container: Container) -> HandoffServices:
    return HandoffServices(container.database, container.profile.time_zone)


def _links(container: Container) -> LinkServices:
    public = container.settings.webhook_url
    return LinkServices(
        container.dashboard_links, [container.local_server.url, *([public] if public else [])]
    )


def _whatsapp(container: Container) -> WhatsAppServices:
    return WhatsAppServices(
        container.database,
        container.profile.time_zone,
        rest=container.providers.twilio_messages,
        providers=container.providers.channels.providers,
        observer=container.people.observer,
        returning=container.returning,
        ceilings=container.daily_ceilings,
    )


def _chatwoot(container: Container) -> ChatwootServices:
    return ChatwootServices(
        container.database,
        container.profile.time_zone,
        client=container.providers.chatwoot,
        public_url=container.settings.webhook_url,
        is_signed=container.settings.chatwoot_webhook_secret is not None,
    )


def _crm(container: Container) -> CrmServices:
    is_set = container.settings.crm_webhook_url is not None
    return CrmServices(container.work, container.profile.time_zone, is_set=is_set)


def _contacts(container: Container) -> ContactServices:
    container.busy_timeout_s = WORKER_BUSY_TIMEOUT_S
    profile, privacy = container.profile, container.privacy
    return ContactServices(
        container.database, profile.time_zone, region_of(profile.language), privacy.erasures, privacy.places
    )


def _campaigns(container: Container) -> CampaignServices:
    container.busy_timeout_s = WORKER_BUSY_TIMEOUT_S
    return CampaignServices(
        container.database,
        container.profile.time_zone,
        container.profile.language,
        container.profile.campaigns,
        container.providers.channels,
        container.providers.templates,
        container.daily_ceilings,
        runner=lambda: container.campaigns.new_runner(),
        greeting=container.campaigns.greeting,
        missing_for_calls=lambda: container.campaigns.missing_for_calls,
        twilio=lambda: container.providers.twilio_dialing,
        trials=lambda: container.campaigns.trials,
        prices=container.campaigns.prices,
        observer=container.people.observer,
    )


def _chat(container: Container) -> ChatServices:
    return ChatServices(container.whatsapp.manager, container.database, container.profile.time_zone)
