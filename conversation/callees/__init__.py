"""People on the phone who did not call us: what they say, and their wish to be left alone."""
