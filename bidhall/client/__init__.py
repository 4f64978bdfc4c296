"""The hall from outside: what bidders, custodians and robots use. Public interfaces only."""
