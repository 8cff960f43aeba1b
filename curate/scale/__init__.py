"""Measuring on several machines: pieces of the input, each a task whose repetition hurts nobody.

docs/scale.md says what it costs, docs/adr/0016 why it is built so.
"""
