"""Guards: each refuses a request before a view sees it. Shared by the doors."""
