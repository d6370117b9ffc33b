"""What the six routes take, and the 422 list of what they refuse."""
