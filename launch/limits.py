"""Compares what the settings promise with the files and threads that the system grants."""

from dataclasses import dataclass

from launch.descriptors import clients_at_most, container_limit, threads_at_most
from launch.texts import TEXTS
from settings import Settings
from storage.connections import plan_connections
from translations import Message


@dataclass(frozen=True, slots=True)
class Limits:
    """What each web process has. clients: connections at once. too_few: where threads are fewer than WEB_THREADS."""

    threads: int
    clients: int
    too_few: Message | None


def limits_of(settings: Settings, descriptors: int) -> Limits:
    """Return the limits. descriptors: the files and connections that a process may open."""
    processes = settings.web_concurrency
    plan = plan_connections(
        settings.database_connections, web_processes=processes, threads=settings.web_threads
    )
    clients = min(settings.web_threads + 4000, clients_at_most(descriptors, plan.web))
    pids = container_limit()
    allowed = threads_at_most(pids, web_processes=processes, wanted=settings.web_threads)
    threads = min(allowed, clients // 2)
    if threads >= settings.web_threads:
        return Limits(threads, clients, None)
    name, limit = ("few_threads", pids) if threads == allowed else ("few_descriptors", descriptors)
    too_few = TEXTS[name].format(limit=limit, threads=threads, wanted=settings.web_threads)
    return Limits(threads, clients, too_few)
