"""Entries of a comparison's ``losses`` that are made of several losses."""
