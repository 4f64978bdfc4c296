"""The hall's own machines: clock, operator's messenger, opener, clerk. One worker leads."""
