"""`flask --app app campaign ...`: make campaigns, run them, and see what became of them."""
