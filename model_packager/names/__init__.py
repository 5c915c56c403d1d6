"""The names of all resources and objects of a drop, as a pure function of the drop.

A repeated step computes the same names, so it finds its own earlier work. See
docs/decisions/0001-names-carry-the-version.md.

A model's folder in the artifact bucket has the model's name. Names of models begin with a letter or
a digit, so all other keys begin with an underscore. template.yaml repeats those in its lifecycle
rules and permissions.
"""
