"""The steps that a scripted workflow is made of, performed in order; Start and End are added."""
