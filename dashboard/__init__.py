"""The operators' pages; imports conversation, storage, simulator and integrations."""
