"""Reading text out of pictures and documents."""
