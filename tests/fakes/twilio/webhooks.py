"""The requests that Twilio makes to us: signed, in order, from one thread, and kept to be looked at."""

import base64
import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar
from queue import Queue
from urllib.parse import urlencode, urlsplit, urlunsplit

TIMEOUT_S = 15


@dataclass(frozen=True)
class Webhook:
    """What was sent where, and what came back. status: None where nothing did."""

    method: str
    url: str
    params: dict[str, str]
    status: int | None
    body: str


class Webhooks:
    """Sends from one thread in the order asked; `settle` waits until all of them were answered."""

    def __init__(self, auth_token: str, *, enabled: bool) -> None:
        self.sent: list[Webhook] = []
        self.reached_at: dict[str, str] = {}
        """Where a public address is reached in the test, by its beginning."""
        self._auth_token = auth_token
        self._enabled = enabled
        self._jobs: Queue[Callable[[], None] | None] = Queue()
        self._cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._thread = threading.Thread(target=self._run, daemon=True)
        if enabled:
            self._thread.start()

    def send(
        self, url: str, params: dict[str, str], *, method: str = "POST", fallback: str | None = None
    ) -> None:
        """Ask `url`; where that fails as Twilio means it, ask the fallback with ErrorCode and ErrorUrl."""
        if self._enabled:
            self._jobs.put(lambda: self._ask(url, params, method, fallback))

    def settle(self) -> None:
        self._jobs.join()

    def close(self) -> None:
        if self._enabled:
            self._jobs.put(None)
            self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            finally:
                self._jobs.task_done()
        self._jobs.task_done()

    def _ask(self, url: str, params: dict[str, str], method: str, fallback: str | None) -> None:
        webhook = self._request(method, _without_fragment(url), params)
        self.sent.append(webhook)
        if fallback and (webhook.status is None or webhook.status >= 400):
            code = "11205" if webhook.status is None else "11200"
            self._ask(fallback, {**params, "ErrorCode": code, "ErrorUrl": webhook.url}, "POST", None)

    def _reached(self, url: str) -> str:
        for public, local in self.reached_at.items():
            if url.startswith(public):
                return local + url.removeprefix(public)
        return url

    def _request(self, method: str, url: str, params: dict[str, str]) -> Webhook:
        if method == "GET":
            url = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}"
        body = None if method == "GET" else urlencode(params).encode()
        signed = {} if method == "GET" else params
        headers = {"X-Twilio-Signature": signature(self._auth_token, url, signed)}
        request = urllib.request.Request(self._reached(url), body, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), self._cookies)
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return Webhook(method, url, params, answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Webhook(method, url, params, error.code, error.read().decode())
        except OSError as error:
            return Webhook(method, url, params, None, str(error))


def signature(auth_token: str, url: str, params: dict[str, str]) -> str:
    """X-Twilio-Signature, as https://www.twilio.com/docs/usage/security describes it."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _without_fragment(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(fragment=""))
