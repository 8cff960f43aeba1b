"""Commands that look at a profile: records, words, differences; and at the machine."""
