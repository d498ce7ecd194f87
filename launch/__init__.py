"""What starts the assistant and keeps it up: installing, the lock, the port, the two processes."""
