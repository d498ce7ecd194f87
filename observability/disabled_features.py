"""What is off because it is not set, each in one sentence, for whoever starts the program."""

from settings import Settings

_SENTENCES = {
    "model": (
        "OPENAI_API_KEY no está definida: contesta el modelo de demostración, solo con lo que dice el perfil.",
        "OPENAI_API_KEY is not set: the demonstration model answers, with what the profile says and no more.",
    ),
    "token": (
        "TWILIO_AUTH_TOKEN no está definida: solo puede llamar el teléfono simulado de esta instalación.",
        "TWILIO_AUTH_TOKEN is not set: only this installation's own simulated phone can call.",
    ),
    "url": (
        "WEBHOOK_URL no está definida: las firmas se comprueban con el nombre de host de cada petición.",
        "WEBHOOK_URL is not set: signatures are checked against the host name of each request.",
    ),
    "whatsapp": (
        "TWILIO_ACCOUNT_SID no está definida: por WhatsApp solo salen las respuestas que llegan a tiempo.",
        "TWILIO_ACCOUNT_SID is not set: on WhatsApp only the answers that are ready in time go out.",
    ),
    "human": (
        "HUMAN_PHONE_NUMBER no está definida: quien pida una persona dejará un mensaje.",
        "HUMAN_PHONE_NUMBER is not set: callers who want a person leave a message.",
    ),
    "sellers": (
        "VENDEDOR_WHATSAPP no está definida: nadie recibe un WhatsApp cuando un cliente pide una persona.",
        "VENDEDOR_WHATSAPP is not set: nobody gets a WhatsApp when a customer asks for a person.",
    ),
    "whatsapp number": (
        "TWILIO_WHATSAPP_NUMBER no está definida: no se puede avisar por WhatsApp a los vendedores.",
        "TWILIO_WHATSAPP_NUMBER is not set: sellers cannot be told by WhatsApp.",
    ),
    "handoff key": (
        "HANDOFF_API_KEY no está definida: solo esta máquina puede usar /api/elevenlabs/handoff.",
        "HANDOFF_API_KEY is not set: only this machine may use /api/elevenlabs/handoff.",
    ),
    "chatwoot": (
        "CHATWOOT_ENABLED no está activa: las conversaciones no se ven en Chatwoot.",
        "CHATWOOT_ENABLED is not on: conversations are not shown in Chatwoot.",
    ),
    "chatwoot token": (
        "CHATWOOT_API_TOKEN o CHATWOOT_ACCOUNT_ID no están definidas: en Chatwoot los mensajes del asistente "
        "aparecen como del cliente, con 🤖 delante, y no puede haber notas.",
        "CHATWOOT_API_TOKEN or CHATWOOT_ACCOUNT_ID is not set: in Chatwoot the assistant's messages are shown as "
        "the customer's, after a 🤖, and there can be no notes.",
    ),
    "chatwoot secret": (
        "CHATWOOT_WEBHOOK_SECRET no está definida: desde Chatwoot no se puede tomar una conversación.",
        "CHATWOOT_WEBHOOK_SECRET is not set: conversations cannot be taken over from Chatwoot.",
    ),
    "dashboard": (
        "DASHBOARD_PASSWORD no está definida: solo esta máquina puede abrir /dashboard/.",
        "DASHBOARD_PASSWORD is not set: only this machine may open /dashboard/.",
    ),
}


def what_is_off(settings: Settings, language: str | None = None) -> list[str]:
    """Return a sentence for each feature that is off. language: "es" or "en"; None: the terminal's."""
    off = {
        "model": not settings.has_model,
        "token": not settings.twilio_auth_tokens,
        "url": bool(settings.twilio_auth_tokens) and not settings.webhook_url,
        "whatsapp": bool(settings.twilio_auth_tokens) and not settings.twilio_account_sid,
        "human": not settings.human_phone_number,
        "sellers": not settings.has_sellers,
        "whatsapp number": settings.has_sellers
        and not settings.twilio_whatsapp_number
        and not settings.d360_api_key,
        "handoff key": not settings.handoff_api_key,
        "chatwoot": not settings.chatwoot_enabled,
        "chatwoot token": settings.chatwoot_enabled
        and not (settings.chatwoot_api_token and settings.chatwoot_account_id),
        "chatwoot secret": settings.chatwoot_enabled and not settings.chatwoot_webhook_secret,
        "dashboard": not settings.dashboard_password,
    }
    column = 0 if (language or settings.terminal_language) == "es" else 1
    return [_SENTENCES[name][column] for name, is_off in off.items() if is_off]
