"""Bidhall 竞标厅: sealed bids, live openings, remote evaluation, a record anyone can check."""
