"""The audio of a profile's records: scanned, cached, summarised."""
