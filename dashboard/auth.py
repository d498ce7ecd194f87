"""Authenticates the operator by password or, without one, admits requests from this machine."""

import hmac
import threading
from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import structlog
from flask import Flask, Request, Response, current_app, redirect, request, session, url_for
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
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.security import check_password_hash, generate_password_hash

from dashboard.blueprint import bp
from guards.loopback import is_loopback
from storage.login_tries import LoginTries
from web.services import Service

log = structlog.get_logger()

COOKIE = "assistant_dashboard"
SESSION_H = 12
"""Hours without a request that end a session."""
FILES = "dashboard.static"
"""The endpoint of static files: public, so that error pages are styled too."""
OPEN_ENDPOINTS = frozenset({"dashboard.login", FILES})
"""Endpoints open without login when a password is set."""

LARGEST: dict[str, int] = {"dashboard.whatsapp_do": 7 * 1024 * 1024}
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
    """Guards the dashboard. password: None opens it to this machine alone. tries: returns the log of login attempts."""

    def __init__(self, password: str | None, tries: Callable[[], LoginTries], *, secret_key: str) -> None:
        self.has_password = password is not None
        self._hash = generate_password_hash(password) if password else ""
        self._operator_id = hmac.new(secret_key.encode(), (password or "").encode(), sha256).hexdigest()
        self._tries, self._csrf = tries, CSRFProtect()
        self._hash_lock = threading.Lock()  # scrypt takes 32 MB for each

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

    def log_in(self, password: str) -> float | None:
        """Start a session and return None, or return the seconds until the next attempt. Raises WrongPassword."""
        address, spared = address_of(request), is_loopback(request)
        wait_s = self._tries().begin(address, spared=spared)
        if wait_s > 0:
            log.warning("login_locked", seconds=round(wait_s))
            return wait_s
        with self._hash_lock:
            matches = check_password_hash(self._hash, password)
        if not matches:
            log.warning("login_refused")
            raise WrongPassword
        self._tries().was_right(address, spared=spared)
        session.clear()
        session.permanent = True
        login_user(Operator(self._operator_id))
        return None

    def log_out(self) -> None:
        """End the session."""
        logout_user()
        session.clear()

    def _operator(self, id: str) -> Operator | None:
        known = self.has_password and hmac.compare_digest(id.encode(), self._operator_id.encode())
        return Operator(id) if known else None

    def _refusal(self) -> ResponseReturnValue | None:
        if not self.has_password:
            if request.endpoint != FILES and not is_loopback(request):
                raise Forbidden
            return None
        if request.endpoint in OPEN_ENDPOINTS or current_user.is_authenticated:
            return None
        return _to_login()


access = Service[Access]("dashboard.access")


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


def address_of(incoming: Request) -> str:
    """Return the key for counting login attempts: an address, or for IPv6 its network.

    One machine has many IPv6 addresses. Attempts through a proxy on this machine count apart from its own.
    """
    address = ip_address(incoming.remote_addr or "0.0.0.0")  # noqa: S104  # nowhere
    if address.is_loopback:
        return "this machine" if is_loopback(incoming) else "a proxy"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
    return str(address)


def next_page(wanted: str) -> str:
    """Return the page after the login: one of the dashboard, never another site."""
    parts = urlsplit(wanted.replace("\\", "/"))
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
