"""Tests of what examines and mends an installation."""
