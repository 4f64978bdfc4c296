"""The rules of an evaluation: committee, sheets, prices, checks, ranking and the report's data.

Everything here is pure: the same arguments give the same result on every machine, so anyone can
recompute a published ranking. Scores and money are `Decimal` read from text; computation is exact
(`fractions.Fraction`) up to the last step, where `evaluation.money.round_half_up` rounds. The
order of computation is ``docs/spec/scores.md``.
"""
