"""Proxies that do not say that they are one: as `socat` and `ssh -R` pass bytes on, or as nginx's bare proxy_pass."""

import re
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress

NGINX = b"HTTP/1.0"


@contextmanager
def relay_to(port, *, like_nginx=False):
    """Listen, and pass on to a port of this machine; the port to ask instead is yielded.

    like_nginx: the Host becomes what stands in `proxy_pass http://127.0.0.1:PORT`, and no other header is added.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, like_nginx), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener, port, like_nginx):
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, port, like_nginx), daemon=True).start()


def _serve(client, port, like_nginx):
    with ExitStack() as open_now, suppress(OSError):
        server = open_now.enter_context(socket.create_connection(("127.0.0.1", port)))
        open_now.enter_context(client)
        threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
        _pass_on(client, server, (lambda said: _of_nginx(said, port)) if like_nginx else bytes)


def _pass_on(source, target, change=bytes):
    with suppress(OSError):
        while said := source.recv(65536):
            target.sendall(change(said))
        target.shutdown(socket.SHUT_WR)


def _of_nginx(said, port):
    if not re.match(rb"[A-Z]+ /", said):
        return said
    head, end, body = said.partition(b"\r\n\r\n")
    head = re.sub(rb"(?im)^Host:.*?\r?$", b"Host: 127.0.0.1:%d\r" % port, head, count=1).rstrip(b"\r")
    head = re.sub(rb"(?im)^Connection:.*\r\n", b"", head).replace(b"HTTP/1.1", NGINX, 1)
    return head + b"\r\nConnection: close" + end + body
