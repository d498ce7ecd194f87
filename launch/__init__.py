"""Installing, starting, and keeping the processes up; imports settings and observability."""
