"""Assistant profiles, read from TOML files; imports only the standard library and conversation."""
