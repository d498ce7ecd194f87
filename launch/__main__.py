"""Starts the assistant: takes the lock and the port, prepares the database, runs the web server and the worker.

Run it as `python -m launch` in the project's folder; start.sh installs first. Exit codes: 0: ended by ^C or TERM;
1: it could not start or continue, and one sentence says why.
"""

import http.client
import socket
import sys
import threading
import time
from contextlib import AbstractContextManager
from typing import TextIO
from urllib.parse import urlsplit

from common.ip_addresses import includes_loopback
from common.taken_address import LOCK
from common.told_files import told_in
from integrations.tunnels import Tunnel
from launch.banner import banner
from launch.children import Child, GivingUpError, Supervisor
from launch.descriptors import raise_descriptor_limit
from launch.forked import Forked, ForkedCommand, command_run, import_to_share, module_run
from launch.listener import PortTakenError, open_listener
from launch.lock import AlreadyRunningError, take_lock
from launch.texts import TEXTS
from launch.tunnel import tunnel_taken
from launch.warnings import tell_warnings
from observability.settings_errors import said_at_start
from settings import ROOT, Settings, SettingsError, load_settings, settle_port
from storage import data_dir
from translations import language_of_locale
from translations.system_errors import system_reason

# gunicorn gives webhooks in progress 10 s (gunicorn.conf.py), then needs a moment to end.
WEB_STOPS_WITHIN_S = 13.0
WORKER_STOPS_WITHIN_S = 25.0
READY_WITHIN_S = 120.0


class StartError(Exception):
    """The assistant cannot start or keep running. The message is the sentence for the operator."""


def main() -> int:
    """Run the assistant until it is told to end; return the exit code."""
    try:
        settings = load_settings()
        raise_descriptor_limit()
        _Launch(settings).run()
    except SettingsError as error:
        _say(said_at_start(error))
        return 1
    except StartError as error:
        _say(str(error))
        return 1
    return 0


class _Launch:
    """One run of the assistant, from the lock to the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self) -> None:
        with self._lock(), self._listener() as listener, self._port_file(_port_of(listener)):
            settings = self._settings.model_copy(update={"port": _port_of(listener)})
            settle_port(settings.port)
            with tunnel_taken(settings) as tunnel:
                self._run_all(listener, self._with_address_of(tunnel, settings))

    def _with_address_of(self, tunnel: Tunnel | None, settings: Settings) -> Settings:
        if tunnel is None:
            return settings
        _say(self._text("tunnel", program=tunnel.program, url=tunnel.url))
        return settings.model_copy(update={"webhook_url": tunnel.url})

    def _run_all(self, listener: socket.socket, settings: Settings) -> None:
        supervisor = Supervisor(_children(listener), on_restart=self._tell_restart)
        import_to_share("app", settings)
        self._migrate(supervisor)
        tell_warnings(settings)
        self._supervise(supervisor, settings, listener, _links(settings))

    def _lock(self) -> TextIO:
        path = self._settings.data_dir
        try:
            data_dir.prepare(path)
            return take_lock(path / LOCK)
        except AlreadyRunningError as error:
            raise StartError(self._text("running", pid=error.pid)) from error
        except OSError as error:
            raise StartError(self._text("no_data", path=path, reason=system_reason(error))) from error

    def _listener(self) -> socket.socket:
        host, wanted = self._settings.host, self._settings.port
        may_choose = "port" not in self._settings.model_fields_set
        try:
            listener = open_listener(host, wanted, may_move=may_choose)
        except PortTakenError as error:
            name = "none_free" if may_choose else "taken"
            raise StartError(self._text(name, port=wanted)) from error
        except OSError as error:
            raise StartError(
                self._text("no_listen", host=host, port=wanted, reason=system_reason(error))
            ) from error
        if _port_of(listener) != wanted:
            _say(self._text("moved", wanted=wanted, port=_port_of(listener)))
        return listener

    def _port_file(self, port: int) -> AbstractContextManager[None]:
        # The phone and make_call.py read the chosen port from it.
        return told_in(self._settings.data_dir / "port", f"{port}")

    def _migrate(self, supervisor: Supervisor) -> None:
        upgrade = Forked(command_run("db", "upgrade"))
        if upgrade.wait() != 0 and not supervisor.was_told_to_end:
            raise StartError(self._text("no_migration"))

    def _supervise(
        self, supervisor: Supervisor, settings: Settings, listener: socket.socket, links: ForkedCommand | None
    ) -> None:
        threading.Thread(target=self._announce, args=(settings, links), daemon=True).start()
        try:
            supervisor.run()
        except GivingUpError as error:
            raise StartError(self._text("giving_up", name=error)) from error
        else:
            _say(self._text("ending"))
        finally:
            listener.close()  # new calls are refused, and Twilio tries again or uses the fallback
            supervisor.end()

    def _announce(self, settings: Settings, links: ForkedCommand | None) -> None:
        said = links.said() if links else ""
        if _answers_within(READY_WITHIN_S, settings.local_url):
            _say(banner(settings, [word for word in said.split() if "://" in word]))

    def _text(self, key: str, /, **values: object) -> str:
        return TEXTS[key].format(**values).said_in(language_of_locale(self._settings.lang))

    def _tell_restart(self, name: str, code: int) -> None:
        _say(self._text("restart", name=name, code=code))


def _children(listener: socket.socket) -> list[Child]:
    descriptor = listener.fileno()
    web = [
        "gunicorn",
        "--config",
        str(ROOT / "gunicorn.conf.py"),
        "--bind",
        f"fd://{descriptor}",
        "app:create_app()",
    ]
    return [
        Child("web", module_run(*web), keep=[descriptor], stop_within_s=WEB_STOPS_WITHIN_S),
        # Calls are answered without a worker too, while the disk is full for instance
        Child(
            "worker",
            command_run("worker"),
            stop_within_s=WORKER_STOPS_WITHIN_S,
            is_vital=False,
        ),
    ]


def _links(settings: Settings) -> ForkedCommand | None:
    """Begin to make the links that open the dashboard once; return None where it opens without."""
    opens = not settings.is_public and includes_loopback(settings.host)
    return None if opens or settings.dashboard_password is not None else ForkedCommand("dashboard-link")


def _port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _answers_within(limit_s: float, url: str) -> bool:
    deadline = time.monotonic() + limit_s
    address = urlsplit(url)
    while (left_s := deadline - time.monotonic()) > 0:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=left_s)
        try:
            connection.request("GET", "/health")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)  # the web process died while starting; another one is on its way
        else:
            return True
        finally:
            connection.close()
    return False


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
