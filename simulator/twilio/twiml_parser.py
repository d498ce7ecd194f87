"""Parses a response into TwiML verbs, as Twilio does, plain text and audio included."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.twilio.errors import WebhookError
from translations import lazy_gettext as _

TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class Verb:
    """An element of TwiML. text: all its words, SSML's included, with single spaces."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Verb", ...] = ()

    def get(self, attribute: str, default: str = "") -> str:
        """Return an attribute's value."""
        return self.attributes.get(attribute, default)

    def number(self, attribute: str, default: int) -> int:
        """Return an attribute's value as a whole number, or the default if it is not one."""
        value = self.get(attribute)
        return int(value) if value.isascii() and value.isdigit() else default

    def is_true(self, attribute: str, default: bool = False) -> bool:
        """Return True if an attribute's value is "true"; the default if there is none."""
        return self.attributes[attribute] == "true" if attribute in self.attributes else default


def read_document(content_type: str | None, body: str, url: str) -> tuple[Verb, ...]:
    """Return the verbs of a response.

    Plain text becomes a <Say> unless it is TwiML, audio becomes a <Play>, and a <Hangup> follows either.
    Raises WebhookError 12300 for any other content type or none, 12100 for invalid TwiML.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind in TWIML_TYPES:
        return _parse(body, url)
    if kind == "text/plain":
        return _plain(body, url)
    if kind.startswith("audio/"):
        return (Verb("Play", text=url), Verb("Hangup"))
    unusable = _("Content-Type {type!r} is none that a call can use")
    raise WebhookError(12300, unusable.format(type=content_type), url)


def _plain(body: str, url: str) -> tuple[Verb, ...]:
    try:
        return _parse(body, url)
    except WebhookError:
        return (Verb("Say", text=" ".join(body.split())), Verb("Hangup"))


def _parse(body: str, url: str) -> tuple[Verb, ...]:
    return tuple(_verb(element) for element in read_root(body, url))


def read_root(body: str, url: str) -> ET.Element:
    """Return the <Response> of a document. Raises WebhookError 12100 for invalid TwiML."""
    try:
        root = ET.fromstring(body.strip().encode())  # noqa: S314  64 KB at most, from this machine's own server
    except ET.ParseError as error:
        malformed = _("the document is not well-formed XML: {error}")
        raise WebhookError(12100, malformed.format(error=str(error)), url) from error
    if root.tag != "Response":
        other_root = _("the document's root is <{root}>, not <Response>")
        raise WebhookError(12100, other_root.format(root=root.tag), url)
    return root


def _verb(element: ET.Element) -> Verb:
    return Verb(
        name=element.tag,
        attributes=dict(element.attrib),
        text=" ".join("".join(_words(element)).split()),
        children=tuple(_verb(child) for child in element),
    )


def _words(element: ET.Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield from _words(child)
        yield (" " if child.tag == "break" else "") + (child.tail or "")


def indented(twiml: str) -> str:
    """Return a document with a line for each element, and anything but XML unchanged."""
    try:
        root = ET.fromstring(twiml.strip().encode())  # noqa: S314  64 KB at most, from this machine's own server
    except ET.ParseError:
        return twiml
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")
