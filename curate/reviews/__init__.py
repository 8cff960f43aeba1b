"""The review session: records to look at and to listen to in a browser, and decisions about them.

    guard (access) > app (routes) > session (a profile, a log) > spectrogram, marks
                                              > blind (two hypotheses, votes)

Decisions go through `curate.rules.overrides`; the browser gets nothing but text, sound and
pictures.
"""
