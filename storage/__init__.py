"""The database: models, queries, reports, migrations; imports settings alone."""
