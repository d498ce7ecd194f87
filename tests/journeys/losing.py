"""A network that loses requests, or the answers to them."""

from contextlib import contextmanager

BAD_GATEWAY = "502 Bad Gateway"


class Losing:
    """Stands between a line and who calls it. While a path is lost, each of its requests ends in 502."""

    def __init__(self, line):
        self._served = line.app.wsgi_app
        self._path, self._arrives = None, True
        line.app.wsgi_app = self

    @contextmanager
    def requests(self, path):
        """Lose the requests to a path: they never arrive."""
        self._path, self._arrives = path, False
        yield
        self._path = None

    @contextmanager
    def answers(self, path):
        """Lose the answers of a path: its requests arrive."""
        self._path, self._arrives = path, True
        yield
        self._path = None

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != self._path:
            return self._served(environ, start_response)
        if self._arrives:
            b"".join(self._served(environ, lambda *_: None))
        start_response(BAD_GATEWAY, [("Content-Length", "0")])
        return [b""]
