"""Reads a list of people from a CSV or XLSX file, and says line by line what is wrong with it."""
