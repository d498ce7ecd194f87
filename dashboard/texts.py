"""What operators read on every page, per language; each page's own texts are in a texts_*.py of its own.

A table is a mapping from language to a frozen dataclass, so that a text that is missing does not type-check.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from flask import g, request

T = TypeVar("T")

LANGUAGES = ("es", "en")


def language() -> str:
    """Return the language that the request's reader wants: "es" or "en"."""
    if "language" not in g:
        g.language = request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0])
    return str(g.language)


def pick(table: Mapping[str, T]) -> T:
    """Return a table's texts in the reader's language."""
    return table[language()]


@dataclass(frozen=True)
class ShellTexts:
    """What stands on every page."""

    nav: Mapping[str, str]
    """The names of the pages, by endpoint."""
    menu: str
    skip: str
    log_out: str
    loading: str
    lost: str
    """A request from the page failed."""


SHELL = {
    "es": ShellTexts(
        nav={
            "home": "Inicio",
            "conversations": "Conversaciones",
            "calls": "Llamadas",
            "messages": "WhatsApp",
            "handoffs": "Traspasos",
            "campaigns": "Campañas",
            "assistant": "Asistente",
            "phone": "Pruébelo",
        },
        menu="Menú",
        skip="Saltar al contenido",
        log_out="Salir",
        loading="Cargando…",
        lost="El servidor no ha contestado. Inténtelo otra vez.",
    ),
    "en": ShellTexts(
        nav={
            "home": "Home",
            "conversations": "Conversations",
            "calls": "Calls",
            "messages": "WhatsApp",
            "handoffs": "Handoffs",
            "campaigns": "Campaigns",
            "assistant": "Assistant",
            "phone": "Try it",
        },
        menu="Menu",
        skip="Skip to the content",
        log_out="Log out",
        loading="Loading…",
        lost="The server did not answer. Try again.",
    ),
}


@dataclass(frozen=True)
class AccessTexts:
    """The login page, and what is said to whoever is refused."""

    title: str
    label: str
    """What the field for the password is called."""
    log_in: str
    wrong: str
    locked: str
    """Too many wrong tries; {minutes} to wait."""
    refused_title: str
    not_from_here: str
    stale_form: str
    missing: str
    broken: str
    unavailable: str
    too_large: str
    back: str


ACCESS = {
    "es": AccessTexts(
        title="Entrar",
        label="Contraseña",
        log_in="Entrar",
        wrong="La contraseña no es correcta.",
        locked="Demasiados intentos. Espere {minutes} min y pruebe otra vez.",
        refused_title="No se puede",
        not_from_here=(
            "Sin contraseña, el panel solo se abre desde la propia máquina. Defina DASHBOARD_PASSWORD en .env y "
            "reinicie para abrirlo desde aquí."
        ),
        stale_form="La página era demasiado antigua o la sesión ha terminado. Ábrala de nuevo y repítalo.",
        missing="Esta página no existe.",
        broken="Algo ha fallado. Está en el registro del servidor.",
        unavailable="No se llega a la base de datos. Se puede probar otra vez en un momento.",
        too_large="Es demasiado grande.",
        back="Ir al inicio",
    ),
    "en": AccessTexts(
        title="Log in",
        label="Password",
        log_in="Log in",
        wrong="The password is not right.",
        locked="Too many tries. Wait {minutes} min and try again.",
        refused_title="Not possible",
        not_from_here=(
            "Without a password the dashboard opens on the machine itself only. Set DASHBOARD_PASSWORD in .env "
            "and restart to open it from here."
        ),
        stale_form="The page was too old or the session has ended. Open it again and repeat that.",
        missing="There is no such page.",
        broken="Something broke. The server's log says what.",
        unavailable="The database cannot be reached. Try again in a moment.",
        too_large="It is too large.",
        back="Go to the start",
    ),
}
