"""Files: sealed envelopes and documents, uploaded resumably (tus 1.0) and kept on disk.

``headers`` reads what a client claims, ``intake`` writes what it sends, ``store`` keeps the
accounts, ``tus`` speaks HTTP. Nothing here opens or understands a file.
"""
