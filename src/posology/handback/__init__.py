"""The study's result in the user's hands: their network, its code, and its strengths in other libraries' units.

Nothing is imported here: the command's process writes files without Keras, and `load_and_predict.py` is copied into
what it writes.
"""
