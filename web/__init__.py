"""Shared by the packages with routes: services for views, and guards for blueprints."""
