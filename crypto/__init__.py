"""Sealed bids, the key ceremony, the record and the draw: pure, without clock, files or network."""
