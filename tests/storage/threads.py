"""Threads that share a commit, and who holds it up."""

import threading

from sqlalchemy import text

PATIENCE_S = 10


def insert(word, table="said"):
    def write(connection):
        connection.execute(text(f"INSERT INTO {table} VALUES (:word)"), {"word": word})
        return word

    return write


def say(database, word, table="said"):
    return database.run(insert(word, table))


def said(database):
    with database.read() as connection:
        return sorted(connection.scalars(text("SELECT word FROM said")))


class Held:
    """A thread that has a word written and is in no hurry to come to an end with it."""

    def __init__(self, database, threads, word="first", *, then=None):
        self.began, self.may_end = threading.Event(), threading.Event()

        def hold(connection):
            insert(word)(connection)
            self.began.set()
            assert self.may_end.wait(PATIENCE_S)
            if then is not None:
                raise then

        self.done = threads.submit(database.run, hold)
        assert self.began.wait(PATIENCE_S)


def wait_for_queue(database, many):
    queue = database._commits._queue
    until = threading.Event()
    for _ in range(1000):
        if len(queue) == many:
            return
        until.wait(0.005)
    raise AssertionError(f"{len(queue)} wait")
