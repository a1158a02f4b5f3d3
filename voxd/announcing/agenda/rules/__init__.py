"""The rules of the agenda: pure functions, each with a table of examples in tests/announcing/rules."""
