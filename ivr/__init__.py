"""The front door: phone calls, spoken in TwiML."""
