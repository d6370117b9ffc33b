"""What `make lint` measures and no ready-made linter does."""
