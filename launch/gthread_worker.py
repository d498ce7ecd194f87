"""Closes connections off the accept loop of gunicorn's threaded worker."""

from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # ships no types


class SwiftClosingWorker(ThreadWorker):  # type: ignore[misc]  # its base is untyped
    """ThreadWorker that waits for a client's end of a closed connection on a pool thread.

    gunicorn 26.2 to 27.0.1 waits for it on the loop that also accepts (RFC 9112 section 9.6 asks for the
    wait, up to 2 s each): three clients that kept their side open delayed all others by 6 s.
    """

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Close finished connections on a pool thread; leave all else to gunicorn."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        self.tpool.submit(conn.close, graceful=True)
