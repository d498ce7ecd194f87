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
}


def what_is_off(settings: Settings) -> list[str]:
    """Return a sentence for each feature that is off, in the terminal's language."""
    off = {
        "model": not settings.has_model,
        "token": not settings.twilio_auth_tokens,
        "url": bool(settings.twilio_auth_tokens) and not settings.webhook_url,
        "whatsapp": bool(settings.twilio_auth_tokens) and not settings.twilio_account_sid,
        "human": not settings.human_phone_number,
    }
    language = 0 if settings.terminal_language == "es" else 1
    return [_SENTENCES[name][language] for name, is_off in off.items() if is_off]
