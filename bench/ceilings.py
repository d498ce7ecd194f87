"""Lifts a person's ceilings: the bench's few people say in minutes what others say in weeks."""

from sqlalchemy import create_engine, make_url

_OFTEN = 5
"""Units from which a total begins anew; the lowest ceiling is not below it."""
_ON_SQLITE = f"""
CREATE TRIGGER IF NOT EXISTS bench_ceilings AFTER UPDATE OF units ON ledger WHEN NEW.units >= {_OFTEN}
BEGIN UPDATE ledger SET units = 0 WHERE id = NEW.id; END
"""
_ON_POSTGRES = (
    f"""
CREATE OR REPLACE FUNCTION bench_ceilings() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.units := mod(NEW.units, {_OFTEN}); RETURN NEW; END $$
""",
    """
CREATE OR REPLACE TRIGGER bench_ceilings BEFORE UPDATE OF units ON ledger
FOR EACH ROW EXECUTE FUNCTION bench_ceilings()
""",
)


def lift(database_url: str) -> None:
    """Let a migrated database forget, now and then, what somebody has used. Costs a comparison for each total."""
    engine = create_engine(database_url)
    is_sqlite = make_url(database_url).get_backend_name() == "sqlite"
    with engine.begin() as connection:
        for statement in (_ON_SQLITE,) if is_sqlite else _ON_POSTGRES:
            connection.exec_driver_sql(statement)
    engine.dispose()
