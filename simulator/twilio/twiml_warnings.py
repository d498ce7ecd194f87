"""Finds problems in a document that do not stop a call.

Codes are those of Twilio's error and warning dictionary. A warning without a code is the simulator's own.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from simulator.twilio.journal import CallWarning
from simulator.twilio.twiml_parser import Verb
from simulator.twilio.twiml_schema import ATTRIBUTES, NESTED, NESTED_ATTRIBUTES, NOT_ACTED_OUT, voice_language
from translations import lazy_gettext as _

NO_ATTRIBUTE = _("<{verb}> has no attribute {attribute!r} (names are case-sensitive)")
MISPLACED = _("<{verb}> cannot stand in <{parent}>: passed over")
UNREACHED = _("<{verb}> after <{after}> is never reached")
MAX_SAY_CHARS = 4096
MAX_POLLY_CHARS = 3000
MAX_ENCODED_CHARS = 4500
MAX_HINTS = 500
MAX_HINT_CHARS = 100
SPEECH_MODELS = re.compile(
    r"default|numbers_and_commands|phone_call|experimental_(?:conversations|utterances)"
    r"|googlev2_(?:long|short|telephony|telephony_short)|deepgram_nova-[23](?:-\w+)*"
)

_BOOLEAN = re.compile("true|false")
_SECONDS = re.compile("[1-9][0-9]*|auto")
_METHOD = re.compile("GET|POST")
_VALUES: dict[str, dict[str, tuple[int, re.Pattern[str]]]] = {
    "Gather": {
        "finishOnKey": (13310, re.compile("[0-9#*]?")),
        "method": (13312, _METHOD),
        "timeout": (13313, _SECONDS),
        "numDigits": (13314, re.compile("[1-9][0-9]*")),
        "input": (13326, re.compile("dtmf|speech|dtmf speech|speech dtmf")),
        "speechTimeout": (13327, _SECONDS),
        "maxSpeechTime": (13328, re.compile("[1-9][0-9]*")),
        "bargeIn": (13332, _BOOLEAN),
        "profanityFilter": (13333, _BOOLEAN),
        "speechModel": (13334, SPEECH_MODELS),
        "actionOnEmptyResult": (13338, _BOOLEAN),
    },
    "Say": {"loop": (13510, re.compile("[0-9]+"))},
    "Play": {"loop": (13410, re.compile("[0-9]+")), "digits": (13430, re.compile("[0-9wW*#]+"))},
    "Pause": {"length": (13910, re.compile("[1-9][0-9]*"))},
    "Redirect": {"method": (13710, _METHOD)},
    "Record": {
        "method": (13610, _METHOD),
        "timeout": (13611, re.compile("[1-9][0-9]*")),
        "maxLength": (13612, re.compile("[1-9][0-9]*")),
        "finishOnKey": (13613, re.compile("[0-9#*]*")),
        "playBeep": (13616, _BOOLEAN),
    },
    "Reject": {"reason": (13810, re.compile("rejected|busy"))},
}


def usable(verbs: tuple[Verb, ...]) -> tuple[Verb, ...]:
    """Return the supported verbs; `check` warns of the others."""
    return tuple(verb for verb in verbs if verb.name in ATTRIBUTES)


def check(verbs: tuple[Verb, ...]) -> Iterator[CallWarning]:
    """Yield the warnings about a document's verbs."""
    for verb in verbs:
        yield from _check_verb(verb)
    yield from _unreachable(verbs)
    for verb in verbs[1:]:
        if verb.name == "Reject":
            yield CallWarning(None, _("<Reject> is not the first verb: the call has been answered already"))


def say_problem(verb: Verb) -> CallWarning | None:
    """Return the warning about a <Say> that cannot be spoken: no words, or too many; None if it can be."""
    if not verb.text:
        return CallWarning(13520, _("<Say> has no words, and says nothing"))
    limit = MAX_POLLY_CHARS if verb.get("voice").startswith("Polly.") else MAX_SAY_CHARS
    if len(verb.text) > limit:
        too_long = _("<Say> has {count} characters, the limit is {limit}: not said")
        return CallWarning(13521, too_long.format(count=len(verb.text), limit=limit))
    if (encoded := len(quote(verb.text))) > MAX_ENCODED_CHARS:
        too_long = _("<Say> has {count} characters when URL-encoded, the limit is {limit}: not said")
        return CallWarning(13521, too_long.format(count=encoded, limit=MAX_ENCODED_CHARS))
    return None


def _check_verb(verb: Verb, parent: str = "") -> Iterator[CallWarning]:
    yield from _names(verb, parent)
    yield from _values(verb)
    yield from _nested(verb)
    if more := _MORE.get(verb.name):
        yield from more(verb, parent)


def _names(verb: Verb, parent: str) -> Iterator[CallWarning]:
    if verb.name in NOT_ACTED_OUT and not parent:
        yield CallWarning(None, _("<{verb}> is not acted out by the simulated phone").format(verb=verb.name))
    elif verb.name not in ATTRIBUTES and not parent:
        unknown = _("there is no verb <{verb}> (names are case-sensitive): passed over")
        yield CallWarning(12200, unknown.format(verb=verb.name))
    known = ATTRIBUTES.get(verb.name) or NESTED_ATTRIBUTES.get(verb.name)
    for attribute in verb.attributes if verb.name in ATTRIBUTES or known else ():
        if attribute not in (known or ()):
            yield CallWarning(12200, NO_ATTRIBUTE.format(verb=verb.name, attribute=attribute))


def _values(verb: Verb) -> Iterator[CallWarning]:
    for attribute, (code, pattern) in _VALUES.get(verb.name, {}).items():
        if attribute in verb.attributes and not pattern.fullmatch(verb.get(attribute)):
            wrong = _("<{verb}> cannot have {attribute}={value!r}")
            values = {"verb": verb.name, "attribute": attribute, "value": verb.get(attribute)}
            yield CallWarning(code, wrong.format(**values))


def _nested(verb: Verb) -> Iterator[CallWarning]:
    if verb.name in NOT_ACTED_OUT or verb.name not in ATTRIBUTES:
        return
    for child in verb.children:
        if child.name not in NESTED.get(verb.name, ()):
            code = 13320 if verb.name == "Gather" else 12200
            yield CallWarning(code, MISPLACED.format(verb=child.name, parent=verb.name))
        elif verb.name != "Say":
            yield from _check_verb(child, verb.name)


def _check_gather(verb: Verb, parent: str) -> Iterator[CallWarning]:
    if "speechModel" in verb.attributes and verb.get("speechTimeout") == "auto":
        message = _("<Gather> with a speechModel needs a speechTimeout in seconds, not auto")
        yield CallWarning(13335, message)
    hints = [hint.strip() for hint in verb.get("hints").split(",")]
    if len(hints) > MAX_HINTS:
        many = _("<Gather> has {count} hints, the limit is {limit}")
        yield CallWarning(13330, many.format(count=len(hints), limit=MAX_HINTS))
    if longest := [hint for hint in hints if len(hint) > MAX_HINT_CHARS]:
        too_long = _("a hint has {count} characters, the limit is {limit}")
        yield CallWarning(13330, too_long.format(count=len(longest[0]), limit=MAX_HINT_CHARS))


def _check_say(verb: Verb, parent: str) -> Iterator[CallWarning]:
    if problem := say_problem(verb):
        yield problem
    voice, language = verb.get("voice"), verb.get("language")
    made_for = voice_language(voice) if voice else ""
    if made_for is None:
        code = 13321 if parent == "Gather" else 13511
        unknown = _("voice {voice!r} is none that the simulated phone knows of")
        yield CallWarning(code, unknown.format(voice=voice))
    elif made_for and language and language != made_for:
        other = _("voice {voice!r} speaks {made_for}, not {language}: <Say> may fail")
        yield CallWarning(None, other.format(voice=voice, made_for=made_for, language=language))


def _check_dial(verb: Verb, parent: str) -> Iterator[CallWarning]:
    numbers = [child.text for child in verb.children if child.name == "Number"]
    if not verb.children:
        numbers = [verb.text]
    for number in numbers:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            no_number = _("<Dial> cannot call {number!r}: not a number such as +34600000001")
            yield CallWarning(13223, no_number.format(number=number))
    if len(numbers) > 10:
        many = _("<Dial> has {count} numbers, and 10 can ring at once")
        yield CallWarning(None, many.format(count=len(numbers)))


def _unreachable(verbs: tuple[Verb, ...]) -> Iterator[CallWarning]:
    for position, verb in enumerate(verbs[:-1]):
        if _never_goes_on(verb):
            yield CallWarning(None, UNREACHED.format(verb=verbs[position + 1].name, after=verb.name))


def _never_goes_on(verb: Verb) -> bool:
    if verb.name in ("Redirect", "Hangup", "Reject"):
        return True
    if verb.name == "Gather":
        return verb.is_true("actionOnEmptyResult")
    return verb.name == "Dial" and "action" in verb.attributes


_MORE: dict[str, Callable[[Verb, str], Iterator[CallWarning]]] = {
    "Gather": _check_gather,
    "Say": _check_say,
    "Dial": _check_dial,
}
