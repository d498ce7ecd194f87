"""Writes the documents of a call: what is said, in the profile's voice and words, and where the call goes on.

What a caller hears that is no answer is noted, for whoever reads the call afterwards.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from conversation.profiles.profile import Profile
from ivr import twiml
from ivr.prompts import Prompts
from ivr.requests import BY_ASSISTANT, CallPosition
from storage.queries.turns import ServedRecord


class Documents:
    """Documents in TwiML, in the words of one profile. base_url: what stands before the paths of webhooks."""

    def __init__(self, profile: Profile, prompts: Prompts, base_url: str = "") -> None:
        self._phrases, self._prompts, self._base_url = profile.phrases, prompts, base_url
        self._voice = twiml.Voice(
            profile.voice,
            profile.voice_language,
            profile.language,
            twiml.hints_that_fit(profile.hints),
            profile.speech_model,
        )

    # The beginning of a call

    def greeting(self, words: Sequence[str]) -> str:
        """Greet a person, and listen."""
        return twiml.gather(self._voice, words, self._url("/gather", turn=1))

    def voicemail(self, words: Sequence[str]) -> str:
        """Leave a message with an answering machine."""
        return twiml.leave_message(self._voice, words)

    def hear_machine_out(self) -> str:
        """Listen until an answering machine's greeting is over."""
        return twiml.gather_message(self._voice, [], self._url("/gather", machine=1))

    def listen_on(self, number: int) -> str:
        """Listen to an answering machine, or whoever speaks after it."""
        return twiml.gather_message(self._voice, [], self._url("/gather", turn=number))

    def voicemail_after(self, key: str, words: str) -> str:
        """Leave a message with an answering machine that was listened to, and note it."""
        self._prompts.note(key, "voicemail", words)
        return self.voicemail([words])

    # Answers

    def more_to_come(self, number: int, words: Sequence[str], record: ServedRecord) -> str:
        """Say sentences of an answer, and ask for the rest."""
        waits = {"wait": record.wait} if record.wait else {}  # fillers count over the whole answer
        then = self._url("/continue", **{"turn": number, "from": record.upto}, **waits)
        return twiml.say_and_go_on(self._voice, words, then)

    def end(self, number: int, words: Sequence[str], record: ServedRecord) -> str:
        """Say the end of an answer, and listen."""
        action = self._url("/gather", turn=number + 1, served=record.upto)
        return twiml.gather(self._voice, words, action)

    def end_of_call(self, words: Sequence[str]) -> str:
        """Say the end of an answer, and hang up."""
        return twiml.say_and_hang_up(self._voice, words)

    def filler(self, number: int, record: ServedRecord) -> str:
        """Say that an answer takes a moment, and listen meanwhile."""
        fillers = self._phrases.fillers
        then = {"turn": number, "from": record.start, "wait": record.wait + 1}
        listening = {
            "turn": number + 1, "served": record.start, "pending": number,
            "from": record.start, "wait": record.wait + 1,
        }  # fmt: skip
        return twiml.filler(
            self._voice,
            fillers[(record.filler or 0) % len(fillers)],
            self._url("/gather", **listening),
            self._url("/continue", **then),
        )

    def transfer(
        self,
        number: int,
        words: Sequence[str],
        person: str,
        *,
        upto: int = 0,
        caller_id: str | None = None,
        mark: str = BY_ASSISTANT,
    ) -> str:
        """Say the end of an answer, and ring a person. upto: the sentences that were said of it.

        mark: tells an operator's transfer from others in the same turn.
        """
        then: dict[str, int | str] = {"turn": number, "from": upto, "dial": mark}
        action = self._url("/continue", **then)
        return twiml.transfer(self._voice, words, person, action, caller_id=caller_id)

    # What is no answer

    def apology(self, key: str, number: int, served: int = 0) -> str:
        """Apologise, and listen for a turn. served: sentences of the turn before that were served."""
        heard = {"served": served} if served else {}
        self._prompts.note(key, f"apology:{number}", self._phrases.fallback)
        return twiml.gather(self._voice, [self._phrases.fallback], self._url("/gather", turn=number, **heard))

    def reprompt(self, key: str, number: int, position: CallPosition) -> str:
        """Ask a caller who has said nothing."""
        words = self._phrases.reprompts[position.silent]
        self._prompts.note(key, f"silence:{number}:{position.silent}", words)
        action = self._url("/gather", turn=number, served=position.served, silent=position.silent + 1)
        return twiml.gather(self._voice, [words], action)

    def ask_again(self, key: str, number: int, position: CallPosition) -> str:
        """Ask for a word again that may have been a noise."""
        self._prompts.note(key, f"again:{number}", self._phrases.reprompts[0])
        action = self._url("/gather", turn=number, served=position.served, again=1)
        return twiml.gather(self._voice, [self._phrases.reprompts[0]], action)

    def ask_whether_helped(self, key: str, number: int) -> str:
        """Ask a caller whose transfer was short whether somebody helped."""
        self._prompts.note(key, f"helped:{number}", self._phrases.was_helped)
        action = self._url("/gather", turn=number + 1, message=1, helped=1)
        return twiml.gather_message(self._voice, [self._phrases.was_helped], action)

    def ask_for_message(
        self,
        key: str,
        number: int,
        answer: Sequence[str] = (),
        *,
        nobody: bool = False,
        silent: int = 0,
        wait: int = 0,
        leg: int = 0,
    ) -> str:
        """Say the end of an answer, and ask for a message. nobody: say first that nobody picks up."""
        words = [*([self._phrases.nobody_answered] if nobody else []), self._phrases.take_message]
        asked = {name: n for name, n in (("silent", silent), ("wait", wait), ("leg", leg)) if n}
        where = ":".join(f"{name}={value}" for name, value in asked.items())
        self._prompts.note(key, f"message:{number}:{where}", *words)
        action = self._url("/gather", turn=number + 1, message=1, **asked)
        return twiml.gather_message(self._voice, [*answer, *words], action)

    def goodbye(self, key: str, prompt: str, words: str) -> str:
        """Say goodbye, and hang up. prompt: the name under which that is noted."""
        self._prompts.note(key, prompt, words)
        return twiml.say_and_hang_up(self._voice, [words])

    def _url(self, path: str, **query: int | str) -> str:
        return f"{self._base_url}{path}?{urlencode(query)}"
