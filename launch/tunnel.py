"""Takes the address of a tunnel that is open to this server, where no public address is set."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from common.taken_address import told_to_others
from integrations.tunnels import Tunnel, find_tunnels
from settings import Settings, settle_webhook_url


@contextmanager
def tunnel_taken(
    settings: Settings, find: Callable[[int], Sequence[Tunnel]] = find_tunnels
) -> Iterator[Tunnel | None]:
    """Have this process, its children and the commands beside it use a tunnel's address inside the block.

    Return the tunnel; None where WEBHOOK_URL is set, or there is no tunnel. find: finds those to a port.
    """
    tunnels = find(settings.port) if settings.webhook_url is None else []
    if not tunnels:
        yield None
        return
    settle_webhook_url(tunnels[0].url)
    with told_to_others(settings.data_dir, tunnels[0].url):
        yield tunnels[0]
