"""A browser's phone and WhatsApp without the browser: asks what their pages ask, and keeps what they are told."""

from tests.dashboard.operator import Operator


def serve_from(line):
    """Let the server be found on the port that it really has, as ./start.sh does."""
    port = line.url.rpartition(":")[2]
    (line.settings.data_dir / "port").write_text(f"{port}\n")
    return line


class Browser:
    """One page. kind: "phone" or "whatsapp"."""

    def __init__(self, app, kind, language="es"):
        self._operator = Operator(app, language=language)
        self._url = f"/dashboard/{kind}"
        self._language = language
        self.key = None
        self.events = []
        self.is_over = False

    def ask(self, path="", **body):
        headers = {"X-CSRFToken": self._operator.token(), "Accept-Language": self._language}
        return self._operator.client.post(self._url + path, json=body, headers=headers)

    def open(self, **options):
        """Open it, which must work."""
        answer = self.ask(**options)
        assert answer.status_code == 201, answer.text
        self.key = answer.json["key"]
        return self

    def do(self, verb, text="", **more):
        """Do something, which must be taken."""
        answer = self.ask(f"/{self.key}", verb=verb, text=text, **more)
        assert answer.status_code == 204, answer.text

    def read(self):
        """Read on once."""
        after = self.events[-1]["n"] if self.events else 0
        answer = self._operator.get(f"{self._url}/{self.key}/events?after={after}")
        assert answer.status_code == 200, answer.text
        self.events += answer.json["events"]
        self.is_over = answer.json["over"]

    def wait_for(self, kind, count=1):
        """Read until so many of a kind have been told, and return the last of them."""
        for _ in range(40):
            found = self.of(kind)
            if len(found) >= count:
                return found[count - 1]
            assert not self.is_over, self.kinds
            self.read()
        raise AssertionError(f"no {kind} number {count} among {self.kinds}")

    def of(self, kind):
        return [event for event in self.events if event["kind"] == kind]

    @property
    def kinds(self):
        return [event["kind"] for event in self.events]

    @property
    def heard(self):
        return " ".join(event["text"] for event in self.of("heard"))
