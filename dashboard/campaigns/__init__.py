"""What the pages of campaigns show: figures, reasons and waits, in words of messages or of calls."""
