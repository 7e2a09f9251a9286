"""The steps that a scripted workflow is made of.

A workflow is a list of steps, performed in order; Start and End are added. `outputs` of a step may
be a function: it is given a dict with the inputs by name, the variables known so far as
`"node.variable"`, and inside an iteration `item` and `index`.
"""
