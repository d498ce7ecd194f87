"""Parses the reply to a message's webhook (Twilio: "TwiML for Programmable Messaging")."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.twiml_parser import TWIML_TYPES, read_root
from simulator.twilio.twiml_warnings import MISPLACED, NO_ATTRIBUTE, UNREACHED
from simulator.whatsapp.messages import MessageProblem
from translations import Message
from translations import lazy_gettext as _

MAX_BODY_CHARS = 1600
MAX_MEDIA = 10
ATTRIBUTES = {
    "Message": frozenset({"to", "from", "action", "method", "statusCallback"}),
    "Redirect": frozenset({"method"}),
    "Body": frozenset[str](),
    "Media": frozenset[str](),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message in a document. to, sender: as written there; None: not given. plain: the reply was plain text."""

    text: str
    media: tuple[str, ...] = ()
    to: str | None = None
    sender: str | None = None
    status_callback: str | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to the next document."""

    reference: str
    method: str = "POST"


@dataclass(slots=True)
class Reading:
    """The contents of a document: its messages, its redirect and its problems."""

    drafts: list[Draft] = field(default_factory=list)
    redirect: Redirect | None = None
    problems: list[MessageProblem] = field(default_factory=list)


def read_reply(step: Step) -> Reading:
    """Parse a response. Raises WebhookError 12300 for a wrong content type, 12100 for invalid TwiML."""
    if step.status == 204:
        return Reading()
    kind = (step.content_type or "").partition(";")[0].strip().lower()
    if kind == "text/plain":
        return _plain(step)
    if kind not in TWIML_TYPES:
        unusable = _("Content-Type {type!r} is none that a reply to a message can have")
        raise WebhookError(12300, unusable.format(type=step.content_type), step.url)
    reading = _Reader(step.url).read(read_root(step.twiml, step.url))
    if kind == "text/html":
        reading.problems.append(MessageProblem(None, _("the TwiML came as text/html"), step.url))
    return reading


def text_problem(text: str, media: tuple[str, ...]) -> Message | None:
    """Return the problem with a message that cannot be sent; None if it can be."""
    if not text.strip() and not media:
        return _("a message has no words and no media")
    if len(text) > MAX_BODY_CHARS:
        too_long = _("a message has {count} characters, the limit is {limit}")
        return too_long.format(count=len(text), limit=MAX_BODY_CHARS)
    if len(media) > MAX_MEDIA:
        return _("a message has {count} media, the limit is {limit}").format(
            count=len(media), limit=MAX_MEDIA
        )
    return None


def _plain(step: Step) -> Reading:
    problem = MessageProblem(12300, _("the reply is text/plain, which is sent on as it is"), step.url)
    words = step.twiml.strip()
    return Reading([Draft(words, plain=True)] if words else [], problems=[problem])


class _Reader:
    def __init__(self, url: str) -> None:
        self._url = url
        self._reading = Reading()

    def read(self, root: ET.Element) -> Reading:
        for verb in root:
            if self._reading.redirect is not None:
                self._complain(None, UNREACHED.format(verb=verb.tag, after="Redirect"))
                break
            self._act(verb)
        return self._reading

    def _act(self, verb: ET.Element) -> None:
        match verb.tag:
            case "Message":
                self._message(verb)
            case "Redirect":
                self._check_attributes(verb)
                method = verb.get("method", "POST").upper()
                self._reading.redirect = Redirect((verb.text or "").strip(), method)
            case _:
                no_verb = _("<{verb}> is no verb of a reply to a message (names are case-sensitive)")
                self._complain(14110, no_verb.format(verb=verb.tag))

    def _message(self, verb: ET.Element) -> None:
        self._check_attributes(verb)
        if "action" in verb.attrib:
            self._complain(None, _("<Message action> is not acted out by the simulator"))
        media = tuple((child.text or "").strip() for child in verb if child.tag == "Media")
        text = "".join(self._words(verb))
        if problem := text_problem(text, media):
            self._complain(14103, problem)
            return
        draft = Draft(text, media, verb.get("to"), verb.get("from"), verb.get("statusCallback"))
        self._reading.drafts.append(draft)

    def _words(self, verb: ET.Element) -> Iterator[str]:
        """Yield the words with their line breaks, which the person sees."""
        bodies = [child for child in verb if child.tag == "Body"]
        loose = [verb.text or "", *(child.tail or "" for child in verb)]
        # Beside child elements, the space around a text is layout.
        yield from [part.strip() for part in loose if part.strip()] if bodies or len(verb) else loose
        for child in verb:
            self._check_child(child)
            if child.tag == "Body":
                yield child.text or ""

    def _check_child(self, child: ET.Element) -> None:
        if child.tag not in ("Body", "Media"):
            self._complain(12200, MISPLACED.format(verb=child.tag, parent="Message"))
        else:
            self._check_attributes(child)

    def _check_attributes(self, verb: ET.Element) -> None:
        for name in verb.attrib:
            if name not in ATTRIBUTES[verb.tag]:
                self._complain(12200, NO_ATTRIBUTE.format(verb=verb.tag, attribute=name))

    def _complain(self, code: int | None, message: Message) -> None:
        self._reading.problems.append(MessageProblem(code, message, self._url))
