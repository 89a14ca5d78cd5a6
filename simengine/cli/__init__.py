"""The command line: parse, call, print, exit code; nothing numerical is imported before a command needs it."""
