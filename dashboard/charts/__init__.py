"""Figures drawn as SVG; imports storage's reports."""
