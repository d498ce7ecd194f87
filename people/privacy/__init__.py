"""People's data: erasure, here and at providers, and KEEP_DAYS; imports jobs, storage and integrations."""
