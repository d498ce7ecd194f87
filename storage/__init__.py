"""What is kept: models, queries, reports, migrations; imports settings alone."""
