"""Reading what the application keeps, as its models."""

from sqlalchemy import select
from sqlalchemy.orm import Session


def every(database, model):
    """Return every row of a model, oldest first."""
    with database.read() as connection, Session(connection) as session:
        return list(session.scalars(select(model).order_by(model.id)))


def the_only(database, model):
    """Return the one row of a model."""
    (row,) = every(database, model)
    return row
