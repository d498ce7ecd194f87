"""What campaigns cost: as billed, and as estimated before."""
