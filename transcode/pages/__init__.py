"""The dashboard's pages of videos."""
