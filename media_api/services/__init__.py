"""What may be done with requests: taking, cancelling, trying again, deleting."""
