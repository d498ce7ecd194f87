"""The assistant's tools; imports storage and integrations."""
