"""Large bodies, some of which are read before anything is checked, have a bound over all threads."""

import threading

import pytest
from flask import Blueprint, Flask

from guards.json_webhooks import MOST_LARGE, SMALL, read_body, refuse_in_json
from tests.waiting import PATIENCE_S

LARGEST = 4 * 1024 * 1024


@pytest.fixture
def may_end():
    return threading.Event()


@pytest.fixture
def app(may_end):
    """An app whose view keeps its thread, and its body, until it may end."""
    app, bp = Flask(__name__), Blueprint("hooks", __name__)
    app.began = threading.Semaphore(0)

    @bp.before_request
    def check():
        read_body(LARGEST)

    @bp.post("/hook")
    def hook():
        app.began.release()
        assert may_end.wait(PATIENCE_S)
        return {"length": len(read_body(LARGEST))}

    refuse_in_json(bp, largest=LARGEST, not_kept=("not_kept", "Not kept."))
    app.register_blueprint(bp)
    return app


@pytest.fixture
def post(app, may_end):
    """Send bodies in threads of their own, and wait until they are read."""
    threads, statuses = [], []

    def send(size):
        statuses.append(app.test_client().post("/hook", data=bytes(size)).status_code)

    def begin(size):
        threads.append(threading.Thread(target=send, args=(size,), daemon=True))
        threads[-1].start()
        assert app.began.acquire(timeout=PATIENCE_S)

    def end():
        may_end.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        return statuses

    yield begin, end
    end()


def test_beyond_the_bound_large_bodies_are_refused_and_small_ones_are_not(app, post, may_end):
    begin, end = post
    for _ in range(MOST_LARGE // LARGEST):
        begin(LARGEST)

    assert app.test_client().post("/hook", data=bytes(LARGEST)).status_code == 503
    assert app.test_client().post("/hook", data=bytes(LARGEST + 1)).status_code in (413, 503)
    begin(SMALL)

    assert set(end()) == {200}
    for size in (LARGEST, LARGEST + 1, LARGEST):  # what was taken has been given back, refusals too
        status = app.test_client().post("/hook", data=bytes(size)).status_code
        assert status == (200 if size == LARGEST else 413)
