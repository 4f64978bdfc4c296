"""The operator's key process: it holds one leg of every envelope, away from the web workers.

It listens on a Unix socket only. The web workers hold no operator secret before the opening:
they ask this process, and it answers only when its own checks (bidhall.custody) pass.
"""
