"""Accounts: who is who, how they prove it, and what they may do.

``people`` and ``pool`` keep the register, ``sign_in`` and ``second_factor`` prove, ``sessions``
remember, ``authorise`` decides. No password, code or token is ever written to a log or an error.
"""
