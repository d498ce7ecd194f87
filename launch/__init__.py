"""Installs the program, starts its processes and keeps them running; imports settings and observability."""
