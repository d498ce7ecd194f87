"""Commands for operators, one module per group; imports everything below the container, and no entry point."""
