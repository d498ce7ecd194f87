"""Messages of ours on their way out: kept, sent once and in order, and searched for where their fate is unknown."""
