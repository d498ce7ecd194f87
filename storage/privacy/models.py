"""Tables of erasures: what tells somebody erased when a backup, or they themselves, come back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Erasure(Base):
    """An identity of somebody who was erased, as a keyed hash."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    opted_out: Mapped[bool]
    """They wanted no messages of ours, and get none if they come back."""
    erased_at: Mapped[datetime]


class ErasureTask(Base):
    """A part of an erasure that is still to be done, here or at a provider."""

    __tablename__ = "erasure_tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(20))
    """A Place of storage/privacy/tasks.py."""
    contact_id: Mapped[int] = mapped_column(index=True)
    """The contact that was; its row is gone."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is needed to do it; empty once it is done."""
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
