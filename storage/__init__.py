"""What is kept: SQLAlchemy models, every query a named function, migrations, durable work."""
