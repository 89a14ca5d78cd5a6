"""The study file: what the user asked for, read, checked and frozen. No result is computed here.

``load.py`` reads a file and collects every problem, ``model.py`` holds what a valid study is, ``check_*.py`` the rules between its parts.
"""
