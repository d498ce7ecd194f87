"""Queries for the record of erasures in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, Table, select, update

from storage.privacy.digests import Digests, identity
from storage.privacy.models import Erasure
from storage.privacy.record_file import Erased
from storage.upsert import insert_once

_ERASURES = cast(Table, Erasure.__table__)


@dataclass(frozen=True, slots=True)
class Returning:
    """Tells who was erased before, in the caller's transaction."""

    digests: Digests

    def look(self, connection: Connection, *addresses: str, simulated: bool) -> Erased | None:
        """Return the last erasure of somebody with one of these addresses; None if there was none."""
        return erasure_of(
            connection, [self.digests.of(identity(each, simulated=simulated)) for each in addresses]
        )


def erasure_of(connection: Connection, digests: Sequence[str]) -> Erased | None:
    """Return the newest erasure of one of these hashes."""
    found = _ALL.where(_ERASURES.c.digest.in_(digests)).order_by(_ERASURES.c.erased_at.desc()).limit(1)
    row = connection.execute(found).one_or_none()
    return None if row is None else Erased(*row)


def every_erasure(connection: Connection) -> dict[str, Erased]:
    """Return all erasures, by their hashes."""
    return {row.digest: Erased(*row) for row in connection.execute(_ALL)}


def note_erasure(connection: Connection, entry: Erased) -> None:
    """Store an erasure, or a later one of the same hash; the later one decides on the opt-out."""
    values = {"opted_out": entry.opted_out, "erased_at": entry.erased_at}
    if insert_once(connection, Erasure, digest=entry.digest, **values) is None:
        which = (_ERASURES.c.digest == entry.digest, _ERASURES.c.erased_at < entry.erased_at)
        connection.execute(update(_ERASURES).where(*which).values(values))


_ALL = select(*(_ERASURES.c[name] for name in Erased.__slots__))
