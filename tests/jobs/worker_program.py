"""A worker with jobs that write down what they do: URL, slot, file of notes, Pace as JSON."""

import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from jobs.job import Job
from jobs.worker import Pace, Periodic, Worker

QUICK = {"beat_s": 0.25, "lease_s": 2, "adopt_s": 0.3}


def main(url, slot, path, pace):
    logging.basicConfig()
    notes = Path(path)

    def note(what, **facts):
        line = json.dumps({"what": what, "slot": slot, "pid": os.getpid(), **facts}) + "\n"
        with notes.open("a") as file:
            file.write(line)

    def slow(payload):
        note("began", **payload)
        while not notes.with_suffix(".go").exists():
            time.sleep(0.02)
        note("ended", **payload)

    def brief(payload):
        note("began", **payload)
        time.sleep(0.1)
        note("ended", **payload)

    def fail(payload):
        note("failed", **payload)
        raise ValueError(f"words that nobody may read: {payload}")

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Worker(
        url,
        worker_id=slot,
        jobs={
            "note": Job(lambda payload: note("done", **payload)),
            "slow": Job(slow),
            "brief": Job(brief),
            "fail": Job(fail, attempts=2, backoff_s=0.1),
        },
        periodics=[Periodic("tick", 0.3, lambda: note("tick"))],
        pace=Pace(**QUICK | json.loads(pace)),
    ).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
