"""The review session: records to look at and to listen to in a browser, and decisions about them.

    guard (access) > app (routes, over web) > bulk, sheet > session (a profile, a log)
        session > table (rows and lines) > browse (filters, order), search (over texts)
        session > spectrogram, marks
                > blind (two hypotheses, votes)

Decisions go through `curate.rules.overrides`; the browser gets nothing but text, sound and
pictures.
"""
