"""Shared by the packages with routes: services for views, guards for blueprints; and the routes for monitors."""
