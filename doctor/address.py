"""Examines where this server is reached: on this machine, and at its public address or through a tunnel."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from common.ip_addresses import address_in, is_loopback
from doctor.failures import failed
from doctor.findings import Finding, Status
from doctor.reached_server import Answer, Who
from integrations.tunnels import Tunnel
from translations import Message
from translations import lazy_gettext as _
from translations.numbers import Number

_CHECK_URL = _(
    "Check WEBHOOK_URL, and that what stands before this server (a tunnel, a proxy) is running and leads to {local}. "
    "Some networks do not let a machine reach its own public address: then open {url}/health elsewhere."
)

_PUBLIC_ONE = _("Set it to an address that Twilio reaches, such as a tunnel's.")
_SOMEBODY_ELSE = _("Something else than this program answers at {url}.")
_ANOTHER_ASSISTANT = _(
    "Another installation of this program answers at {url}: one with another SECRET_KEY or DATA_DIR, or an older "
    "version that is still running."
)


class AddressPart:
    """The server's addresses.

    local_url, public_url: base URLs; public_url None: none is set. needs_public: True if Twilio is set up, which must
    reach it. ask: asks at a base URL who answers. tunnels: finds those that lead to the server.
    """

    name = "address"

    def __init__(
        self,
        local_url: str,
        public_url: str | None,
        *,
        needs_public: bool,
        ask: Callable[[str], Answer],
        tunnels: Callable[[], Sequence[Tunnel]],
    ) -> None:
        self._local_url, self._public_url, self._needs_public = local_url, public_url, needs_public
        self._ask, self._tunnels = ask, tunnels

    def check(self) -> list[Finding]:
        """Ask at both addresses, and for tunnels, at once."""
        with ThreadPoolExecutor(3) as executor:
            tunnels = executor.submit(self._tunnels)
            local = executor.submit(self._ask, self._local_url)
            public = None if self._public_url is None else executor.submit(self._ask, self._public_url)
            answered = None if public is None else public.result()
            return [
                self._local(local.result(), answered),
                self._no_public(tunnels.result())
                if answered is None
                else self._public(answered, tunnels.result()),
            ]

    def _local(self, answer: Answer, public: Answer | None) -> Finding:
        if answer.who is Who.OURS:
            sentence = _("The server answers on this machine, at {url}.").format(url=self._local_url)
            return Finding(self.name, Status.OK, sentence)
        if public is not None and public.who is Who.OURS:
            sentence = _(
                "No server of this installation runs on this machine, but one answers at the public address."
            )
            return Finding(self.name, Status.OFF, sentence)
        if answer.who is Who.NOBODY:
            sentence = _("The server does not answer on this machine, at {url}.").format(url=self._local_url)
            return Finding(self.name, Status.FIX, sentence, _("Start it with ./start.sh."), stops_calls=True)
        return self._foreign(answer, self._local_url, _("Set another PORT, or stop what answers there."))

    def _no_public(self, tunnels: Sequence[Tunnel]) -> Finding:
        status = Status.FIX if self._needs_public else Status.OFF
        if tunnels:
            found = _("{program} has a tunnel to this server, {url}, and WEBHOOK_URL is not set.")
            return Finding(
                self.name,
                Status.FIX,
                found.format(program=tunnels[0].program, url=tunnels[0].url),
                _("Restart ./start.sh, which takes its address, or set WEBHOOK_URL to it."),
                stops_calls=self._needs_public,
            )
        return Finding(
            self.name,
            status,
            _("WEBHOOK_URL is not set: nobody outside can call or write."),
            _("Start ngrok http {port} or cloudflared tunnel --url {url}, and restart ./start.sh; or set WEBHOOK_URL.")
            .format(port=urlsplit(self._local_url).port, url=self._local_url),
            stops_calls=self._needs_public,
        )  # fmt: skip

    def _public(self, answer: Answer, tunnels: Sequence[Tunnel]) -> Finding:
        url = _without_password(self._public_url or "")
        if is_loopback(urlsplit(url).hostname or ""):
            sentence = _("WEBHOOK_URL is {url}, which only this machine reaches.").format(url=url)
            return Finding(self.name, Status.FIX, sentence, _PUBLIC_ONE, stops_calls=self._needs_public)
        address = address_in(urlsplit(url).hostname or "")
        if address is not None and address.is_private:
            sentence = _("WEBHOOK_URL is {url}, which only your own network reaches.").format(url=url)
            return Finding(self.name, Status.FIX, sentence, _PUBLIC_ONE, stops_calls=self._needs_public)
        if answer.who is Who.OURS:
            took = Number(f"{answer.took_s:.1f}")
            sentence = _("{url} reaches this very server, in {seconds} s.").format(url=url, seconds=took)
            return Finding(self.name, Status.OK, sentence)
        other = next((tunnel for tunnel in tunnels if tunnel.url != self._public_url), None)
        advice = _CHECK_URL.format(local=self._local_url, url=url)
        if other is not None:
            advice = _(
                "{program}'s tunnel to this server is {tunnel} now: set WEBHOOK_URL to it, or unset it and restart "
                "./start.sh."
            ).format(program=other.program, tunnel=other.url)
        if answer.who is Who.NOBODY and answer.error is not None:
            return Finding(self.name, Status.FIX, failed(url, answer.error), advice, stops_calls=True)
        return self._foreign(answer, url, advice)

    def _foreign(self, answer: Answer, url: str, advice: Message) -> Finding:
        sentence = _SOMEBODY_ELSE if answer.who is Who.SOMEBODY_ELSE else _ANOTHER_ASSISTANT
        return Finding(self.name, Status.FIX, sentence.format(url=url), advice, stops_calls=True)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
