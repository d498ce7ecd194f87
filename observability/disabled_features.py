"""Describes the features that are off for lack of settings, in one sentence each."""

from collections.abc import Mapping

from settings import Settings
from translations import Message, in_language, language_of_locale, lazy_gettext

_SENTENCES = {
    "model": lazy_gettext(
        "OPENAI_API_KEY is not set: the demonstration model answers, with what the profile says and no more."
    ),
    "token": lazy_gettext(
        "TWILIO_AUTH_TOKEN is not set: only this installation's own simulated phone can call."
    ),
    "url": lazy_gettext(
        "WEBHOOK_URL is not set: signatures are checked against the host name of each request."
    ),
    "whatsapp": lazy_gettext(
        "TWILIO_ACCOUNT_SID is not set: on WhatsApp only the answers that are ready in time go out."
    ),
    "human": lazy_gettext("HUMAN_PHONE_NUMBER is not set: callers who want a person leave a message."),
    "human is us": lazy_gettext(
        "HUMAN_PHONE_NUMBER is the assistant's own number: callers who want a person leave a message. Set the "
        "number of a person's phone, one that is not forwarded here."
    ),
    "sellers": lazy_gettext(
        "VENDEDOR_WHATSAPP is not set: nobody gets a WhatsApp when a customer asks for a person."
    ),
    "whatsapp number": lazy_gettext("TWILIO_WHATSAPP_NUMBER is not set: sellers cannot be told by WhatsApp."),
    "handoff key": lazy_gettext(
        "HANDOFF_API_KEY is not set: only this machine may use /api/elevenlabs/handoff."
    ),
    "handoff key, public": lazy_gettext(
        "HANDOFF_API_KEY is not set: nobody may use /api/elevenlabs/handoff."
    ),
    "chatwoot": lazy_gettext("CHATWOOT_ENABLED is not on: conversations are not shown in Chatwoot."),
    "chatwoot token": lazy_gettext(
        "CHATWOOT_API_TOKEN or CHATWOOT_ACCOUNT_ID is not set: in Chatwoot the assistant's messages are shown as "
        "the customer's, after a 🤖, and there can be no notes."
    ),
    "chatwoot secret": lazy_gettext(
        "CHATWOOT_WEBHOOK_SECRET is not set: conversations cannot be taken over from Chatwoot."
    ),
    "dashboard": lazy_gettext("DASHBOARD_PASSWORD is not set: only this machine may open /dashboard/."),
    "dashboard, public": lazy_gettext(
        "DASHBOARD_PASSWORD is not set: /dashboard/ opens by a link alone, which flask --app app dashboard-link gives."
    ),
}


def what_is_off(settings: Settings, language: str | None = None) -> list[str]:
    """Return a sentence for each feature that is off. language: None: the settings'."""
    with in_language(language or language_of_locale(settings.lang)):
        return [str(sentence) for sentence in features_off(settings).values()]


def features_off(settings: Settings) -> Mapping[str, Message]:
    """Return a sentence for each feature that is off, by its name."""
    off = {
        "model": not settings.has_model,
        "token": not settings.twilio_auth_tokens,
        "url": bool(settings.twilio_auth_tokens) and not settings.webhook_url,
        "whatsapp": bool(settings.twilio_auth_tokens) and not settings.twilio_account_sid,
        "human": not settings.human_phone_number,
        "human is us": bool(settings.human_phone_number) and not settings.person_number,
        "sellers": not settings.has_sellers,
        "whatsapp number": settings.has_sellers
        and not settings.twilio_whatsapp_number
        and not settings.d360_api_key,
        "handoff key": not settings.handoff_api_key and not settings.is_public,
        "handoff key, public": not settings.handoff_api_key and settings.is_public,
        "chatwoot": not settings.chatwoot_enabled,
        "chatwoot token": settings.chatwoot_enabled
        and not (settings.chatwoot_api_token and settings.chatwoot_account_id),
        "chatwoot secret": settings.chatwoot_enabled and not settings.chatwoot_webhook_secret,
        "dashboard": not settings.dashboard_password and not settings.is_public,
        "dashboard, public": not settings.dashboard_password and settings.is_public,
    }
    return {name: _SENTENCES[name] for name, is_off in off.items() if is_off}
