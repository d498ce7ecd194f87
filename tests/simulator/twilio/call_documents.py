"""Documents of calls."""

ASK = "<Gather input='dtmf speech' action='/gather' actionOnEmptyResult='true'><Say>¿Sí?</Say></Gather>"
