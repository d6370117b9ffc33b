"""What all tests share: an environment, accounts, a running platform."""
