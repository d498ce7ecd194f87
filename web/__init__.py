"""What the packages with routes share: how views find their services, and how blueprints are guarded."""
