"""What knows the field and nothing of Django: file types, plans, commands, text of images."""
