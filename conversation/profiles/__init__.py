"""Assistant profiles, read from TOML files; imports conversation, settings and translations."""
