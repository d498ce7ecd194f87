"""The jobs of a worker that looks after a line's database: another process, as far as anybody can tell."""

from container import Container


def worker_jobs(line):
    container = Container(line.settings)
    container.database = line.parts.database
    return container.jobs.by_name
