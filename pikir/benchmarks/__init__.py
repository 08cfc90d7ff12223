"""Benchmarks that a user can run: one module each, with `NAME` and the function `command` of `pikir benchmark NAME`."""
