"""WhatsApp's webhooks, inbox and outbox; imports guards, conversation, jobs, storage and integrations."""
