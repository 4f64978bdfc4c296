"""The demonstration: a whole tender played by robots through the public interfaces alone."""
