"""The parts that show people conversations in Chatwoot and take what they do there, put together from the settings."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from conversation.profiles.profile import Profile
from integrations.chatwoot.client import Chatwoot
from jobs.queue import Work
from messaging.whatsapp_markdown import whatsapp_messages
from people.helpdesk.delivery import Downloads
from people.helpdesk.observer import ChatwootMirror
from people.helpdesk.phrases import desk_words
from people.helpdesk.read_receipts import receipts_fact
from people.helpdesk.sync_job import MirrorJobs
from people.helpdesk.takeover import Desk, House, Takeover, Writer
from people.helpdesk.views import ChatwootGuard
from settings import Settings
from storage.database import Database


def chatwoot_client(settings: Settings) -> Chatwoot | None:
    """Return Chatwoot's API; None where it is off."""
    if not (settings.chatwoot_enabled and settings.chatwoot_url and settings.chatwoot_inbox_id):
        return None
    return Chatwoot(
        settings.chatwoot_url,
        inbox_identifier=settings.chatwoot_inbox_id,
        account_id=settings.chatwoot_account_id,
        api_token=settings.chatwoot_api_token,
    )


def chatwoot_mirror(settings: Settings, work: Work) -> ChatwootMirror | None:
    """Return what has conversations shown; None where Chatwoot is off."""
    return ChatwootMirror(work, receipts_fact=_receipts_fact(settings)) if settings.chatwoot_enabled else None


def mirror_jobs(
    settings: Settings, profile: Profile, database: Database, downloads: Mapping[str, Downloads]
) -> MirrorJobs | None:
    """Return what a worker does to show them; None where Chatwoot is off."""
    client = chatwoot_client(settings)
    if client is None:
        return None
    return MirrorJobs(
        database,
        Work(database),
        client,
        words=desk_words(profile.language),
        inbox=settings.chatwoot_inbox_id or "",
        receipts_fact=_receipts_fact(settings),
        downloads=downloads,
    )


def takeover(
    settings: Settings,
    profile: Profile,
    database: Database,
    *,
    writer: Writer | None,
    stop: Callable[[str], None],
) -> Takeover:
    """Return what does as operators do. writer: None where nothing can be sent. stop: as Takeover takes it."""
    desk: Desk = ChatwootMirror(Work(database), receipts_fact=None)
    house = House(
        words=desk_words(profile.language),
        zone=profile.time_zone,
        silent_for=timedelta(hours=settings.human_resume_h),
        inbox=settings.chatwoot_inbox_id or "",
        assigning_takes_over=settings.chatwoot_assigning_takes_over,
    )
    return Takeover(database, desk, writer, house, fit=whatsapp_messages, stop=stop)


def chatwoot_guard(settings: Settings) -> ChatwootGuard:
    """Return the guard of its webhooks, which lets none in where Chatwoot is off."""
    return ChatwootGuard(settings.chatwoot_webhook_secret if settings.chatwoot_enabled else None)


def _receipts_fact(settings: Settings) -> str | None:
    return receipts_fact(settings.chatwoot_api_token if settings.chatwoot_account_id else None)
