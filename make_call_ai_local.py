#!/usr/bin/env python3
"""Calls a number and speaks a message written by the model: no server, no tunnel."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.call_options import CannotBegin, DialOptions, container_of, dial_command, numbers_of, read_settings
from cli.call_progress import place_and_follow
from cli.console import Terminal, reader_language
from cli.daily_ceilings import counted
from cli.exit_codes import ExitCode
from conversation.phrases import catalogue_for
from conversation.profiles.profile import Profile, instructions_for
from conversation.speech.sentences import SentenceCutter
from integrations.errors import IntegrationError
from integrations.language_model import Message
from ivr import twiml
from translations import lazy_gettext as _

if TYPE_CHECKING:
    from container import Container

TWIML_LIMIT = 4000
"""The longest Twiml parameter in characters, escapes included (Twilio's Call resource)."""
WRITING_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Options(DialOptions):
    """The command's options."""

    prompt: str | None
    dry_run: bool


def command(terminal: Terminal) -> click.Command:
    """Return the command, its help in the reader's language."""
    text = _(
        "The model writes a message here, Twilio calls NUMBER (or TO_PHONE_NUMBER) and "
        "speaks it, and the call is followed to its end. ^C hangs up."
    )
    return dial_command(terminal, "make_call_ai_local.py", text, Options, _parameters(terminal), run)


def run(terminal: Terminal, options: Options) -> int:
    """Run the command; return its exit code. Raises CannotBegin."""
    settings = read_settings(terminal, options.env_file)
    container = container_of(settings)
    profile = _profile(container)
    numbers = None if options.dry_run else numbers_of(terminal, settings, options)
    try:
        written = _message(terminal, container, profile, options.prompt)
    except IntegrationError as error:
        return _not_written(terminal, error)
    message, document = fitted(written, lambda text: _document(profile, text))
    terminal.console.print(message)
    if numbers is None:
        _show(terminal, document)
        return ExitCode.COMPLETED
    to, sender = numbers
    return place_and_follow(
        terminal,
        container.providers.twilio_dialing,
        options,
        counted(
            terminal,
            settings,
            lambda _settings: container,
            lambda twilio: twilio.place_call(to=to, sender=sender, twiml=document, ring_s=options.ring_s),
        ),
    )


def fitted(message: str, document_of: Callable[[str], str]) -> tuple[str, str]:
    """Return the message and its TwiML within TWIML_LIMIT: as many whole sentences as fit.

    An unfinished last sentence is dropped, unless it is the only one.
    """
    sentences = _sentences(message)
    kept = _most_that_fit(sentences, document_of) or _most_that_fit(
        re.findall(r"\S+\s*", sentences[0]), document_of
    )
    return kept, document_of(kept)


def _sentences(message: str) -> list[str]:
    cutter = SentenceCutter(longest=TWIML_LIMIT)
    sentences = cutter.feed(message) + cutter.finish()
    if len(sentences) > 1 and not re.search(r"[.!?…][\"”’»)]*$", sentences[-1]):
        sentences.pop()
    return sentences


def _most_that_fit(pieces: Sequence[str], document_of: Callable[[str], str]) -> str:
    def too_long(count: int) -> bool:
        return len(document_of("".join(pieces[:count]).strip())) > TWIML_LIMIT

    # Each piece makes the document longer, so a binary search finds the limit.
    first_too_long = bisect_left(range(1, len(pieces) + 1), True, key=too_long)
    return "".join(pieces[:first_too_long]).strip()


def _profile(container: "Container") -> Profile:
    try:
        return container.profile
    except SystemExit as error:
        raise CannotBegin(str(error)) from error


def _message(terminal: Terminal, container: "Container", profile: Profile, prompt: str | None) -> str:
    model = container.text_model
    if model is None:
        terminal.complain(
            _(
                "No model (OPENAI_API_KEY or OPENAI_BASE_URL): the profile's message for answering "
                "machines is spoken, and --prompt does not count."
            ),
        )
        return profile.voicemail
    written, _usage = model.complete(_messages(profile, prompt), total_s=WRITING_S)
    message = " ".join(written.split())
    if not message:
        raise IntegrationError(_("the model wrote nothing"), permanent=False)
    return message


def _messages(profile: Profile, prompt: str | None) -> list[Message]:
    words = catalogue_for(profile.language).outbound
    task = words.task.format(
        language=profile.language, business=profile.business, prompt=prompt or words.usual
    )
    briefing = instructions_for(profile, now=datetime.now(UTC), channel="phone")
    return [{"role": "system", "content": briefing}, {"role": "user", "content": task}]


def _document(profile: Profile, text: str) -> str:
    return twiml.message(text, voice=profile.voice, language=profile.voice_language)


def _not_written(terminal: Terminal, error: IntegrationError) -> ExitCode:
    code = f" [{error.code}]" if error.code is not None else ""
    terminal.complain(
        _(
            "The model did not write the message, and nobody was called: {error}{code}. Check "
            "OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL."
        ).format(error=error, code=code),
    )
    return ExitCode.REFUSED if error.permanent else ExitCode.UNREACHABLE


def _show(terminal: Terminal, document: str) -> None:
    terminal.console.print(f"\n{document}\n")
    terminal.say(
        _("{count} of {limit} characters. Nobody was called.").format(count=len(document), limit=TWIML_LIMIT),
    )


def _parameters(terminal: Terminal) -> list[click.Parameter]:
    prompt_help = terminal.translate(_("What the message is to say."))
    dry_run_help = terminal.translate(_("Show the message and its TwiML; call nobody."))
    return [
        click.Option(["--prompt"], help=prompt_help),
        click.Option(["--dry-run"], is_flag=True, help=dry_run_help),
    ]


if __name__ == "__main__":
    command(Terminal(reader_language()))()
