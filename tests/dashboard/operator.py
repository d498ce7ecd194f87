"""An operator at the dashboard, by Flask's test client: opens pages and sends their forms as a browser does."""

import re

from app import create_app

PASSWORD = "correct horse"


class Operator:
    """One browser. language: what it asks pages in. remote: it comes from elsewhere, through a proxy that says so."""

    def __init__(self, app, *, language="es", remote=False):
        self.app = app
        self.parts = app.extensions["container"]
        self.client = app.test_client()
        self._headers = {"Accept-Language": language}
        if remote:
            self._headers["X-Forwarded-For"] = "203.0.113.9" if remote is True else remote

    def get(self, path="/dashboard/", **headers):
        return self.client.get(path, headers=self._headers | headers)

    def read(self, path="/dashboard/"):
        """Open a page that must be there, and return its HTML."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:300])
        return response.text

    def token(self):
        """The token that a page's own requests carry, taken from one."""
        page = self.client.get("/dashboard/login", headers=self._headers, follow_redirects=True).text
        return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    def post(self, path, **form):
        """Send a form as one of the dashboard's pages does."""
        return self.client.post(path, data=form | {"csrf_token": self.token()}, headers=self._headers)

    def log_in(self, password=PASSWORD, next="/dashboard/", name="Eva"):
        return self.post(f"/dashboard/login?next={next}", password=password, name=name)


def link_of(operator):
    """A link that opens the dashboard, as the command on this machine prints it."""
    said = operator.app.test_cli_runner().invoke(args=["dashboard-link"])
    assert said.exit_code == 0, said.output
    return re.findall(r"(/dashboard/open\?key=\S+)", said.output)[0]


def open_dashboard(settings, *, models=None, **options):
    return Operator(create_app(settings, models=models), **options)
