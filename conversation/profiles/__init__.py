"""Who answers and what it knows, read from a profile's file; imports only the standard library and conversation."""
