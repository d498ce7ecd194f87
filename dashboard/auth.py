"""Authenticates the operator by password or link; without a password admits this machine, if it is not public."""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Request,
    Response,
    after_this_request,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import (  # type: ignore[import-untyped]
    LoginManager,
    UserMixin,
    current_user,
    login_user,
    logout_user,
)
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden, Unauthorized

from dashboard.blueprint import bp
from dashboard.browsers import KnownBrowsers
from dashboard.operator_names import remember_name
from guards.client_address import address_of
from guards.loopback import is_loopback
from guards.one_time_links import OneTimeLinks
from storage.base import utc_now
from storage.database import Database
from storage.login_tries import LoginTries
from storage.queries.webhook_events import has_come, take_event
from web.services import Service

log = structlog.get_logger()

COOKIE = "assistant_dashboard"
SESSION_H = 12
"""A session ends after so long without a request."""
NUMBER = "number"
"""The session's own, by which it can be ended."""
ENDED = "session-ended"
"""The source of the events of ended sessions, which are kept for longer than a cookie is good."""
FILES = "dashboard.static"
"""The endpoint of static files: public, so that error pages are styled too."""
LOGIN = "dashboard.login"
OPEN_ENDPOINTS = frozenset({LOGIN, "dashboard.open_by_link", FILES})
"""Endpoints open without login when a password is set."""

_LIST = 40 * 1024 * 1024
"""More than a campaign's list may have, so that one that is too large is told by its own sentence."""
LARGEST: dict[str, int] = {
    "dashboard.whatsapp_do": 7 * 1024 * 1024,
    "dashboard.look_at_campaign": _LIST,
    "dashboard.create_campaign": _LIST,
}
"""The largest body in bytes, for endpoints with a larger limit than other requests."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


class Operator(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """The logged-in operator. id: changes with the password, so that old sessions end with it."""

    def __init__(self, id: str) -> None:
        self.id = id


class Access:
    """Guards the dashboard. tries: asked for when somebody logs in.

    password: None opens it to this machine alone, and to nobody without a link where the server is_public.
    """

    def __init__(
        self,
        password: str | None,
        tries: Callable[[], LoginTries],
        *,
        links: Callable[[], OneTimeLinks],
        database: Callable[[], Database],
        secret_key: str,
        is_public: bool,
    ) -> None:
        self.has_password, self._links = password is not None, links
        self.needs_login = self.has_password or is_public
        self._secret = secret_key.encode()
        self._operator_id = self._id_of(password or "")
        self._browsers = KnownBrowsers(self._operator_id)  # another password makes all of them strangers
        self._tries, self._database, self._csrf = tries, database, CSRFProtect()

    def join(self, app: Flask) -> None:
        """Set up sessions and forms in the application; `guard` checks the forms."""
        access.bind(app, lambda: self)
        app.config.update(
            SESSION_COOKIE_NAME=COOKIE,
            SESSION_COOKIE_PATH="/dashboard",
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_HTTPONLY=True,
            PERMANENT_SESSION_LIFETIME=SESSION_H * 3600,
            WTF_CSRF_CHECK_DEFAULT=False,
            WTF_CSRF_TIME_LIMIT=None,  # a page with a live call stays open for hours; the session ends the token
        )
        app.session_interface = _Sessions()
        self._csrf.init_app(app)
        manager = LoginManager()
        manager.init_app(app, add_context_processor=False)
        manager.user_loader(self._operator)

    def guard(self) -> ResponseReturnValue | None:
        """Return None to let a request through, as `before_request` expects.

        Raises Forbidden, Unauthorized or CSRFError; a page for operators redirects to the login.
        """
        refused = self._refusal()
        if refused is None:
            if request.endpoint in LARGEST:
                request.max_content_length = LARGEST[request.endpoint]
            self._csrf.protect()
        return refused

    def log_in(self, password: str, name: str) -> float | None:
        """Begin a session; return None, or the seconds to wait where tries are locked. Raises WrongPassword.

        name: the operator's; "" if none was given.
        """
        browser = self._browsers.number_of(request)
        address = address_of(request) if browser is None else f"browser {browser}"
        spared = browser is not None or is_loopback(request)
        wait_s = self._tries().begin(address, spared=spared)
        if wait_s > 0:
            log.warning("login_locked", seconds=round(wait_s))
            return wait_s
        # The password is in the settings as it is: a slow hash of it would keep nothing, and cost 0.1 s a try
        if not password or not hmac.compare_digest(self._id_of(password), self._operator_id):
            log.warning("login_refused")
            raise WrongPassword
        self._tries().was_right(address, spared=spared)
        self._begin_session()
        remember_name(name)
        return None

    def _id_of(self, password: str) -> str:
        return hmac.new(self._secret, password.encode(), sha256).hexdigest()

    def open_by_link(self, key: str) -> None:
        """Begin a session. Raises Forbidden if the link's key is used up, too old or none."""
        if not self._links().take(key):
            log.warning("login_link_refused")
            raise LinkUsedUp
        self._begin_session()

    def _begin_session(self) -> None:
        session.clear()
        session.permanent = True
        session[NUMBER] = secrets.token_urlsafe(12)
        login_user(Operator(self._operator_id))
        after_this_request(self._remember_browser)

    def log_out(self) -> None:
        """End the session, also for whoever has a copy of its cookie. Raises SQLAlchemyError."""
        if number := session.get(NUMBER):
            with self._database().write() as connection:
                take_event(connection, ENDED, number, utc_now())
        logout_user()
        session.clear()

    def _remember_browser(self, response: Response) -> Response:
        app = current_app
        return self._browsers.remember(
            response,
            self._browsers.number_of(request),
            path=app.config["SESSION_COOKIE_PATH"],
            secure=app.session_interface.get_cookie_secure(app),
        )

    def _operator(self, id: str) -> Operator | None:
        known = hmac.compare_digest(id.encode(), self._operator_id.encode())
        return Operator(id) if known and not self._has_ended(session.get(NUMBER, "")) else None

    def _has_ended(self, number: str) -> bool:
        try:
            with self._database().read() as connection:
                return not number or has_come(connection, ENDED, number)
        except SQLAlchemyError:
            return False  # no page has anything to show without the database, but why

    def _refusal(self) -> ResponseReturnValue | None:
        is_open = request.endpoint in OPEN_ENDPOINTS - ({LOGIN} if not self.has_password else set())
        if is_open or current_user.is_authenticated:
            return None
        if self.has_password:
            return _to_login()
        if self.needs_login:
            raise LinkNeeded
        if not is_loopback(request):
            raise Forbidden
        return None


access = Service[Access]("dashboard.access")


class LinkNeeded(Forbidden):
    """There is no password, and the server has a public address."""


class LinkUsedUp(Forbidden):
    """The link was used before, is older than ten minutes or was not made here."""


class WrongPassword(Exception):
    """The password is not the configured one."""


@bp.after_request
def set_headers(response: Response) -> Response:
    """Set the headers that prevent scripts, framing and leaks."""
    response.headers.update(HEADERS)
    if request.endpoint != FILES:
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.args.get("v"):  # the URL changes with the file
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def next_page(wanted: str) -> str:
    """Return the page after the login: one of the dashboard, never another site."""
    try:
        parts = urlsplit(wanted.replace("\\", "/"))
    except ValueError:  # half an IPv6 address
        return url_for("dashboard.home")
    leads_up = ".." in parts.path.split("/")
    ours = not (parts.scheme or parts.netloc or leads_up) and parts.path.startswith("/dashboard/")
    return wanted if ours else url_for("dashboard.home")


def _to_login() -> ResponseReturnValue:
    login = url_for("dashboard.login", next=request.full_path.rstrip("?"))
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for("dashboard.login")})
    if request.method != "GET" or "text/event-stream" in request.headers.get("Accept", ""):
        raise Unauthorized
    return redirect(login)


class _Sessions(SecureCookieSessionInterface):
    """The dashboard's sessions. The same server gets requests over http locally and over https from elsewhere."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not request.path.startswith(app.config["SESSION_COOKIE_PATH"]):
            return SecureCookieSession()  # a webhook's: there is no session to read or save
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        # No other site can make a browser send this header, and its only effect is a stricter cookie.
        forwarded = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
        return request.is_secure or forwarded == "https"


def is_logged_in() -> bool:
    """Return whether there is a session to end."""
    return bool(current_app.login_manager and current_user.is_authenticated)  # type: ignore[attr-defined]
