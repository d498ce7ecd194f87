"""Reads the WhatsApp message to send from the command line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import click

from cli.call_options import PhoneNumber
from cli.console import Terminal
from conversation.redaction import redact
from integrations.twilio.error_codes import what_to_do
from translations import lazy_gettext as _

T = TypeVar("T")

LONGEST_TEXT = 1600
"""The longest text, in UTF-16 code units."""
TOO_LONG, BAD_MEDIA_URL, BAD_VARIABLES = 21617, 21620, 21656
_OURS = "(the settings')"
_TEMPLATE_SID = re.compile(r"HX[0-9a-fA-F]{32}")
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}:[a-z]{2,3}(?:_[A-Z]{2})?")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}|wamid\.[A-Za-z0-9+/=_-]{1,249}")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to send: a text, an image with or without a caption, or an approved template.

    template: Twilio's (HX...) or 360dialog's (aviso:es); "": the one of the settings.
    """

    text: str | None = None
    image_url: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The message's kind in the database."""
        if self.template is not None:
            return "template"
        return "text" if self.image_url is None else "image"

    @property
    def words(self) -> str:
        """The readable text stored in the database."""
        if self.template is not None:
            filled = (f"{name}={value}" for name, value in self.variables.items())
            return "\n".join((self.template, *filled))
        return redact("\n".join(filter(None, (self.text, self.image_url))))

    def parts(self, longest_caption: int | None) -> list["Draft"]:
        """Return the messages to send: a caption that is too long becomes a second message."""
        text = self.text or ""
        if self.image_url is None or longest_caption is None or len(text) <= longest_caption:
            return [self]
        return [replace(self, text=None), replace(self, image_url=None)]


def is_template_sid(template: str) -> bool:
    """Return True if the template is one of Twilio's."""
    return _TEMPLATE_SID.fullmatch(template) is not None


def read_draft(
    terminal: Terminal,
    *,
    text: str | None,
    image: str | None,
    template: str | None,
    variables: Sequence[tuple[str, str]],
) -> Draft:
    """Return the message of the command line. Raises click.UsageError unless there is exactly one."""
    _require_one(terminal, text, image, template, variables)
    if template is None:
        return Draft(text=text, image_url=image)
    return Draft(template="" if template == _OURS else template, variables=dict(variables))


def _require_one(
    terminal: Terminal,
    text: str | None,
    image: str | None,
    template: str | None,
    variables: Sequence[tuple[str, str]],
) -> None:
    if text is None and image is None and template is None:
        raise click.UsageError(
            terminal.translate(
                _("What to send is missing: --text, --image or --template."),
            )
        )
    if template is not None and (text is not None or image is not None):
        raise click.UsageError(
            terminal.translate(
                _("A template goes alone: without --text or --image."),
            )
        )
    if variables and template is None:
        raise click.UsageError(terminal.translate(_("--var is a template's: add --template.")))


# Parameters


def draft_parameters(terminal: Terminal) -> list[click.Parameter]:
    """Return the parameters for `read_draft`."""
    text_help = terminal.translate(
        _("A text of at most 1600 characters; with --image, its caption."),
    )
    image_help = terminal.translate(_("Public URL of an image."))
    template_help = terminal.translate(
        _(
            "An approved template: Twilio's by its SID (HX...), 360dialog's by its name and "
            "language (aviso:es). Without either, that of TWILIO_TEMPLATE_SID or D360_TEMPLATE. "
            "Nothing else reaches somebody who has not written for 24 hours."
        ),
    )
    var_help = terminal.translate(
        _("What goes into a placeholder of the template, such as 1=Ana. Repeatable."),
    )
    words, url = Checked("text", words_of, terminal), Checked("url", _image_url, terminal)
    template, variable = Checked("[sid]", template_of, terminal), Checked("1=ana", variable_of, terminal)
    return [
        click.Option(["--text"], type=words, help=text_help),
        click.Option(["--image"], type=url, help=image_help),
        click.Option(["--template"], type=template, is_flag=False, flag_value=_OURS, help=template_help),
        click.Option(["--var", "variables"], type=variable, multiple=True, help=var_help),
    ]


class WhatsAppNumber(PhoneNumber):
    """A WhatsApp number on the command line, converted to E.164."""

    def form(self, e164: str) -> str:
        """Return the number unchanged: WhatsApp takes it in this form."""
        return e164


class Checked(click.ParamType[T], Generic[T]):
    """A value converted by `read`. Its ValueError ends the command with exit code 2."""

    def __init__(self, name: str, read: Callable[[Terminal, str], T], terminal: Terminal) -> None:
        self.name = name
        self._read = read
        self._terminal = terminal

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """Return the converted value."""
        try:
            return self._read(self._terminal, value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def message_sid(terminal: Terminal, value: str) -> str:
    """Return a message's SID. Raises ValueError."""
    if not _MESSAGE_SID.fullmatch(value):
        raise ValueError(
            terminal.translate(
                _(
                    "“{value}” is not a message's SID: SM or MM and 32 digits or letters from a to f, or "
                    "wamid. and what follows it."
                ).format(value=value),
            )
        )
    return value


def words_of(terminal: Terminal, value: str) -> str:
    """Return a message's text. Raises ValueError."""
    # Invalid UTF-8 in an argument becomes lone surrogates, which no message can hold.
    words = value.encode("utf-8", "replace").decode()
    if not words.strip():
        raise ValueError(terminal.translate(_("The text is empty.")))
    if len(words.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise ValueError(what_to_do(TOO_LONG, terminal.language))
    return words


def _image_url(terminal: Terminal, value: str) -> str:
    if not _is_url(value):
        raise ValueError(what_to_do(BAD_MEDIA_URL, terminal.language))
    return value


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
    )


def template_of(terminal: Terminal, value: str) -> str:
    """Return the name of a template, or what stands for that of the settings. Raises ValueError."""
    if value != _OURS and not is_template_sid(value) and not _TEMPLATE_NAME.fullmatch(value):
        raise ValueError(
            terminal.translate(
                _(
                    "“{value}” is not a template's SID (HX and 32 digits or letters from a to f), nor "
                    "the name and the language of one of 360dialog's (aviso:es). Without either it is "
                    "that of the settings; the number goes before --template."
                ).format(value=value),
            )
        )
    return value


def variable_of(terminal: Terminal, value: str) -> tuple[str, str]:
    """Return the name of a placeholder and what goes into it. Raises ValueError."""
    name, equals, filling = value.partition("=")
    filling = filling.encode("utf-8", "replace").decode().strip()
    if not equals or not re.fullmatch(r"\w+", name):
        raise ValueError(
            terminal.translate(
                _("“{value}” does not say what goes where: give it as 1=Ana.").format(value=value),
            )
        )
    if not filling or re.search(r"[\n\r\t]| {5}", filling):
        raise ValueError(what_to_do(BAD_VARIABLES, terminal.language))
    return name, filling
