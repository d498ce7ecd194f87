"""Guards what changes settings outside: only after a login or with a link, on this machine too, from our own pages."""

from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import Forbidden

from dashboard.auth import is_logged_in
from dashboard.services import services


class LoginNeeded(Forbidden):
    """Whoever asks for a change has neither logged in nor come by a link."""


class ForeignPage(Forbidden):
    """The form was sent by a page that is not ours, or by none."""


def require_own_login() -> None:
    """Raise Forbidden unless a form was sent from a page of ours by somebody who is logged in.

    The blueprint's guard has checked the form's token.
    """
    if not is_logged_in():
        raise LoginNeeded
    origin = urlsplit(request.headers.get("Origin", ""))
    ours = {request.host, urlsplit(services().public_url or "").netloc} - {""}
    if origin.netloc not in ours or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise ForeignPage
