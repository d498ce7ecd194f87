"""What the database holds of a person: its export, its erasure, and its deletion by age."""
