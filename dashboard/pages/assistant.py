"""Shows the assistant's profile."""

from collections.abc import Sequence
from dataclasses import fields

from conversation.profiles.profile import Profile
from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.services import services


@bp.get("/assistant")
def assistant() -> str:
    """Show the profile in force."""
    file, profile = services().profile_file, services().profile
    return render(
        "assistant.html",
        here="assistant",
        profile=profile,
        models=services().models,
        file=file if file.endswith(".toml") or "/" in file else f"profiles/{file}.toml",
        spoken=phrases_of(profile),
    )


def phrases_of(profile: Profile) -> list[tuple[str, list[str]]]:
    """Return the fixed phrases with the profile keys that can replace them."""
    return [(field.name, _texts(getattr(profile.phrases, field.name))) for field in fields(profile.phrases)]


def _texts(value: str | Sequence[str] | frozenset[str]) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [", ".join(sorted(value))] if isinstance(value, frozenset) else list(value)
