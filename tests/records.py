"""Reading what the application keeps, as its models."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def every(database, model):
    """Return every row of a model, oldest first."""
    with database.read() as connection, Session(connection) as session:
        return list(session.scalars(select(model).order_by(model.id)))


def the_only(database, model):
    """Return the one row of a model."""
    (row,) = every(database, model)
    return row


def count_of(database, model):
    """Return the number of a model's rows."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()
