"""What every REST view shares: errors, pages, throttles."""
