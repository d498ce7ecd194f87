"""Defines the texts that launch prints."""

from translations import Message, lazy_gettext

TEXTS: dict[str, Message] = {
    "running": lazy_gettext(
        "The assistant is already running in this folder (process {pid}): not started again."
    ),
    "taken": lazy_gettext("PORT={port} is taken by another program: close it or set another PORT."),
    "none_free": lazy_gettext("No port from {port} on is free: set another PORT."),
    "no_listen": lazy_gettext("Cannot listen on HOST={host}, PORT={port}: {reason}."),
    "no_data": lazy_gettext("Cannot write to DATA_DIR={path}: {reason}."),
    "no_migration": lazy_gettext("The database could not be prepared (the message above says why)."),
    "few_descriptors": lazy_gettext(
        "This process may open {limit} files and connections: {threads} threads instead of WEB_THREADS={wanted}. "
        "Raise the limit (ulimit -n, LimitNOFILE) for more."
    ),
    "few_threads": lazy_gettext(
        "This container may have {limit} processes and threads: {threads} threads instead of WEB_THREADS={wanted}. "
        "Raise the limit (pids.max, --pids-limit) for more."
    ),
    "few_connections": lazy_gettext(
        "PostgreSQL grants this program {granted} connections; its {processes} web processes (up to {web} each) "
        "and the worker may open {wanted}. Set DATABASE_CONNECTIONS={advised}, or fewer if there are other "
        "machines, or raise the server's limit: otherwise answers wait for a connection, and are then spoken "
        "without being kept."
    ),
    "moved": lazy_gettext("Port {wanted} is taken; using {port}."),
    "tunnel": lazy_gettext(
        "{program} has a tunnel to this server: {url} is its public address, as WEBHOOK_URL is not set."
    ),
    "restart": lazy_gettext('[start] "{name}" ended (code {code}); starting it again.'),
    "giving_up": lazy_gettext('[start] "{name}" ended five times in a minute; stopping everything.'),
    "ending": lazy_gettext("[start] Stopping: answers in progress are finished."),
}
