"""The record bundle: written once, checked by anyone, offline, with one command."""
