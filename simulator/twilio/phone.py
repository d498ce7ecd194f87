"""Simulates a caller's phone and Twilio; each action of the caller is a method.

phone = Phone("http://127.0.0.1:5000", Account(sid, auth_token))
phone.dial()
phone.say("¿A qué hora abrís?")
assert "nueve" in phone.heard[-1].text
"""

import re
from collections.abc import Callable, Mapping

from simulator.closable import Closable
from simulator.twilio import caller_input
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.call import Call
from simulator.twilio.call_params import CallParams, Direction, new_sid
from simulator.twilio.clock import Clock, VirtualClock
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import CallWarning, Ending, Event, Heard, Line, Step, Turn
from simulator.twilio.twiml_interpreter import Behaviour, Listening
from translations import lazy_gettext as _

WEBHOOK = "/voice"


class Phone(Closable):
    """One phone with one call at a time. Close it, or use `with`.

    base_url: the server's. from_number: the person's; outbound calls go to it. behaviour: the person's reactions.
    clock: a VirtualClock by default: speech takes no real time. A server that compares clocks needs a RealClock.
    listener: receives each event, on the thread of the call.
    Actions return the words heard in reply, and raise NoCallError if there is no call in progress.
    """

    def __init__(
        self,
        base_url: str,
        account: Account,
        *,
        number: NumberConfig | None = None,
        from_number: str = "+34600000001",
        behaviour: Behaviour | None = None,
        clock: Clock | None = None,
        call_sid: str | None = None,
        listener: Callable[[Event], None] | None = None,
    ) -> None:
        self._number, self._behaviour = number or NumberConfig(WEBHOOK), behaviour or Behaviour()
        self.account_sid, self.from_number, self.to_number = account.sid, from_number, self._number.number
        self._clock, self._listener = clock or VirtualClock(), listener
        self._addresses = self._number.addresses(base_url)
        self._signer = account.signer()
        self._call = self._new_call("inbound", call_sid or new_sid("CA"))

    def close(self) -> None:
        """Close the connections, without hanging up."""
        self._call.transport.close()

    # Actions of the caller

    def dial(self, direction: Direction = "inbound", *, path: str | None = None) -> str:
        """Call, or answer a call, and run it until it waits for input. Hang up a call in progress first.

        path: replaces the number's webhook.
        """
        if self._call.begun:
            self._leave_last_call()
            self._call = self._new_call(direction, new_sid("CA"))
        else:
            self._call = self._new_call(direction, self.call_sid)
        return self._call.begin(path or self._number.webhook)

    def say(self, text: str, confidence: float | None = 0.9) -> str:
        """Speak after the end of the prompt. confidence: None: not sent, as Twilio sometimes does."""
        listening = self._call.listening()
        self._call.finish_prompt(listening)
        if not listening.hears_speech:
            return self._call.ignore(
                text, _("not heard by the call, as keys are asked for, not words: {what!r}")
            )
        return self._call.speak(listening, text, confidence)

    def interrupt(self, text: str, *, after_s: float = 1.0, confidence: float | None = 0.9) -> str:
        """Speak during the prompt, after_s seconds after its beginning.

        If the prompt cannot be interrupted, the words are lost, as on a real phone, and a warning is recorded.
        """
        listening = self._call.listening()
        self._clock.let_pass(listening.began_at + after_s - self._clock.now())
        if self._clock.now() >= listening.prompt_ends_at:
            return self.say(text, confidence)
        if not listening.interruptible:
            return self._call.ignore(
                text, _("not heard by the call, as the prompt cannot be interrupted: {what!r}")
            )
        self._call.journal.interrupt(self._clock.now())
        return self._call.speak(listening, text, confidence)

    def press(self, digits: str, *, after_s: float | None = None) -> str:
        """Press keys after the prompt; with after_s, interrupt it that many seconds after its beginning."""
        if not re.fullmatch("[0-9*#]+", digits):
            raise ValueError(f"a phone has no keys for {digits!r}")
        listening = self._call.listening()
        if not listening.hears_digits:
            self._call.finish_prompt(listening)
            return self._call.ignore(
                digits, _("not heard by the call, as words are asked for, not keys: {what!r}")
            )
        if after_s is None:
            self._call.finish_prompt(listening)
        else:
            self._clock.let_pass(listening.began_at + after_s - self._clock.now())
            self._call.journal.interrupt(self._clock.now())
        return self._call.enter(listening, digits)

    def silence(self, *, empty_fields: bool = False) -> str:
        """Say nothing until the timeout.

        empty_fields: if an action is requested, send SpeechResult and Digits empty instead of leaving them out.
        Twilio documents neither.
        """
        listening = self._call.listening()
        self._call.journal.begin_turn("", listening.ends_at)
        empty = caller_input.EMPTY if empty_fields else ()
        return self._call.go_on(lambda: self._call.interpreter.time_out(empty))

    def wait(self) -> str:
        """Listen to the end of the prompt, and to the next one if the call continues without input."""
        listening = self._call.listening()
        self._call.finish_prompt(listening)
        if listening.goes_on:
            return self._call.go_on(self._call.interpreter.time_out)
        return self._call.words()

    def hang_up(self) -> None:
        """End the call. May be called from another thread during any other action."""
        self._call.hang_up()

    # Results

    @property
    def call_sid(self) -> str:
        """The SID of this call; before the first call, of the next one."""
        return self._call.leg.call_sid

    @property
    def steps(self) -> list[Step]:
        """The requests for documents, in order; for status callbacks see `status_steps`."""
        return self._call.journal.steps

    @property
    def status_steps(self) -> list[Step]:
        """The status callbacks, in the order of sending."""
        return self._call.statuses.steps

    @property
    def turns(self) -> list[Turn]:
        """The greeting, then a turn for each action of the caller's, silences included."""
        return self._call.journal.turns

    @property
    def heard(self) -> list[Heard]:
        """Every prompt heard by the caller."""
        return self._call.journal.heard

    @property
    def transcript(self) -> list[Line]:
        """The words of both sides and the network's actions."""
        return self._call.journal.transcript

    @property
    def warnings(self) -> list[CallWarning]:
        """Twilio's warnings, and the simulator's own about problems that Twilio ignores."""
        return self._call.journal.warnings

    @property
    def first_word_s(self) -> list[float | None]:
        """For each turn, the seconds before the first word; None if there was none."""
        return [turn.first_word_s for turn in self.turns]

    @property
    def dead_air(self) -> list[float]:
        """For each turn, the seconds of silence between the first word and the last.

        Measure it with a real clock: on a virtual one, the server has no time to write while a prompt is spoken.
        """
        return [turn.dead_air_s for turn in self.turns]

    @property
    def ended(self) -> Ending | None:
        """The reason the call ended; None while it is in progress."""
        return self._call.interpreter.ended

    @property
    def failure(self) -> WebhookError | None:
        """The application error that ended the call, if any."""
        return self._call.interpreter.failure

    @property
    def listening(self) -> Listening | None:
        """The input the call waits for; None if it waits for none."""
        return self._call.interpreter.listening

    @property
    def now(self) -> float:
        """The seconds of the call's clock."""
        return self._clock.now()

    # Requests by hand

    def post(
        self,
        target: str,
        params: Mapping[str, str] | None = None,
        *,
        standard: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Step:
        """Post a signed webhook of this call by hand, without any effect on the call.

        target: a path of the server or a URL. standard: adds the fields common to all webhooks; params override
        them. headers: override the default ones.
        """
        common = self._call.leg.params("in-progress") if standard else ()
        fields = {**dict(common), **(params or {})}
        url = self._addresses.own(target)
        return self._call.transport.send("POST", url, tuple(fields.items()), dict(headers or {}))

    def replay(self, step: Step) -> Step:
        """Send a webhook again, byte for byte, without any effect on the call."""
        return self._call.transport.replay(step)

    def _new_call(self, direction: Direction, call_sid: str) -> Call:
        answered_by = self._behaviour.answered_by if direction == "outbound-api" else None
        leg = CallParams(call_sid, self.account_sid, self.from_number, self.to_number, direction, answered_by)
        return Call(
            leg, self._addresses, self._signer, self._clock, self._behaviour, self._number, self._listener
        )

    def _leave_last_call(self) -> None:
        if self.ended is None:
            self._call.hang_up()
        self._call.transport.close()
