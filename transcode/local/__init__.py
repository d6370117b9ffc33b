"""What our own workers do: encode, and show what they encode while it grows."""
