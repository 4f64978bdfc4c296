"""Papers: the opening record and the evaluation report as PDF/A, from the events alone.

The same events give the same bytes, so the record can hold a paper's hash.
"""
