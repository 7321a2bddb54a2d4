"""How likely it is that a cell's given label is wrong, and why: arrays in, values out.

Each source of evidence gives every cell a row of log-probabilities over the classes, never having seen that cell's own
label: what the cell looks like (`from_neighbours`), what models say (`from_predictions`) and what reviewers say
(`from_votes`). `noise` says how labels go wrong; `combining` makes one suspicion and one reason of all of them.
"""
