"""What tests/warm.py forks from: `python tests/warm_server.py SOCKET`, until that socket is closed."""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTED = (
    "app", "make_call", "make_call_ai_local", "jobs.executor", "jobs.worker", "gunicorn.app.wsgiapp",
    "gunicorn.arbiter", "gunicorn.workers.gthread", "flask.cli", "psycopg", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite", "simulator.terminal.whatsapp",
)  # fmt: skip


def serve(asked):
    """Fork a process for each request. Returns in the forked process alone, with what it is to run."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running = {}
    while True:
        ready, _, _ = select.select([asked, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            tell_of_the_ended(running)
        if asked not in ready:
            continue
        word, files, _, _ = socket.recv_fds(asked, 1, 4)
        if not word:
            sys.exit()
        told = socket.socket(fileno=files[0])
        with told.makefile() as lines:
            request = json.loads(lines.readline())
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for closed in (asked, told, *running.values()):
                closed.close()
            os.close(woken)
            os.close(wakes)
            return request, files[1:]
        for file in files[1:]:
            os.close(file)
        running[pid] = told
        say(told, pid)


def tell_of_the_ended(running):
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as told:
                say(told, os.waitstatus_to_exitcode(status))


def say(told, number):
    with contextlib.suppress(BrokenPipeError):  # a test that is over no longer listens
        told.sendall(f"{number}\n".encode())


def become(request, files):
    """Take on the environment, the folder, the files and the signals of a process that has just begun."""
    if request["session"]:
        os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = output(1, "strict", at_once=at_once, by_line=os.isatty(1))
    sys.stderr = sys.__stderr__ = output(2, "backslashreplace", at_once=at_once, by_line=True)


def output(number, errors, *, at_once, by_line):
    file = os.fdopen(number, "w", encoding="utf-8", errors=errors, closefd=False)
    file.reconfigure(line_buffering=by_line, write_through=at_once)
    return file


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    request, files = serve(socket.socket(fileno=int(sys.argv[1])))
    become(request, files)
    sys.argv = request["arguments"]
    if sys.argv[0] == "-m":
        sys.path[0] = str(Path.cwd())
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).parent)
        runpy.run_path(sys.argv[0], run_name="__main__")
