"""The assistant as its profile describes it, readable; and the place of campaigns."""

from collections.abc import Sequence
from dataclasses import fields

from flask import Blueprint

from conversation.profiles.profile import Profile
from dashboard.layout import render
from dashboard.services import DashboardServices


def add_assistant(blueprint: Blueprint, services: DashboardServices) -> None:
    """Add the page of the profile in force."""
    file, profile = services.profile_file, services.profile
    spoken = phrases_of(profile)
    path = file if file.endswith(".toml") or "/" in file else f"profiles/{file}.toml"

    @blueprint.get("/assistant")
    def assistant() -> str:
        return render(
            "assistant.html",
            here="assistant",
            profile=profile,
            models=services.models,
            file=path,
            spoken=spoken,
        )


def add_campaigns(blueprint: Blueprint) -> None:
    """Add the page that campaigns will have."""

    @blueprint.get("/campaigns")
    def campaigns() -> str:
        return render("campaigns.html", here="campaigns")


def phrases_of(profile: Profile) -> list[tuple[str, list[str]]]:
    """Return the fixed phrases by the key under which a profile can replace them."""
    return [(field.name, _texts(getattr(profile.phrases, field.name))) for field in fields(profile.phrases)]


def _texts(value: str | Sequence[str] | frozenset[str]) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [", ".join(sorted(value))] if isinstance(value, frozenset) else list(value)
