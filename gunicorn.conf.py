"""Configures gunicorn for the app."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # gunicorn may have been called from another folder

from common.ip_addresses import in_url  # noqa: E402
from launch.connections import few_connections  # noqa: E402
from launch.descriptors import raise_descriptor_limit  # noqa: E402
from launch.forked import end_forked_at_once, import_to_share  # noqa: E402
from launch.gthread_worker import BufferingWorker  # noqa: E402
from launch.limits import limits_of  # noqa: E402
from launch.warnings import tell_warnings  # noqa: E402
from observability.settings_errors import said_at_start  # noqa: E402
from settings import SettingsError, load_settings  # noqa: E402
from translations import language_of_locale  # noqa: E402

try:
    settings = load_settings()
except SettingsError as error:
    sys.exit(said_at_start(error))

chdir = str(ROOT)
bind = f"{in_url(settings.host)}:{settings.port}"
backlog = 2048

# One thread per call that waits for an answer, so threads are many and mostly asleep. Clients without one
# wait on the loop: those that have yet to send their request, and those kept for the next.
worker_class = BufferingWorker
workers = settings.web_concurrency
limits = limits_of(settings, raise_descriptor_limit())
worker_connections, threads = limits.clients, limits.threads
sendfile = False  # it waits for a slow client without an end
preload_app = False  # threads and database connections do not survive a fork; modules do (on_starting)

# Twilio and proxies reuse connections, which they keep for a minute.
keepalive = 75
# A webhook takes at most 5 s. After a TERM, those in progress are finished.
graceful_timeout = 10
# For the accept loop, not for requests: it gives a sign of life every second unless the process hangs.
timeout = 60
# The heartbeat is a file; on a slow disk it would block the loop.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# Trust no peer's X-Forwarded-* or PATH_INFO here: a tunnel connects from 127.0.0.1 as well. The app
# itself reads the headers of as many proxies as TRUSTED_PROXIES says.
forwarded_allow_ips = ""
forwarder_headers = ""

accesslog = None  # it would hold query strings and addresses; the app logs requests by id
errorlog = "-"
loglevel = settings.log_level.lower()
control_socket_disable = True  # not used
proc_name = "assistant-web"


def on_starting(server: Any) -> None:
    """Before the first fork."""
    for warning in filter(None, (limits.too_few, few_connections(settings))):
        server.log.warning(warning.said_in(language_of_locale(settings.lang)))
    if not server.cfg.bind[0].startswith("fd://"):  # else whoever opened the listener has told
        tell_warnings(settings)
    end_forked_at_once(signal.SIGTERM)
    import_to_share(server.app.app_uri.partition(":")[0], settings)


def post_worker_init(worker: Any) -> None:
    """Prepare a worker for its first call."""
    if container := _container(worker):
        # What gunicorn itself says to a worker that is to end: answers are finished, and another one is started
        container.begin_serving(lambda: os.kill(os.getpid(), signal.SIGTERM))


def worker_exit(_server: Any, worker: Any) -> None:
    """Close a worker's services after its last call."""
    if container := _container(worker):
        container.end_serving()


def _container(worker: Any) -> Any:
    # A worker that failed to start has no app, and other apps without a container use this file too (bench/)
    return getattr(getattr(worker, "wsgi", None), "extensions", {}).get("container")
