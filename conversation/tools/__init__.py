"""What the assistant can do besides answering; imports storage and integrations."""
