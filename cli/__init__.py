"""Commands for operators, one module a group; imports everything below the container, and no entry point."""
