"""Starts, watches and stops everything the demo needs, as plain children of one process.

Nothing in this package imports Django: the parent has to stay small, and has to be able to say
what is wrong on a machine where Django could not even be imported.
"""
