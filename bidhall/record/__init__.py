"""The append-only truth: streams of events, and the log that anyone can check."""
