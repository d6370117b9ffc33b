"""The platform as a whole: how it starts, stops, answers and refuses."""
