"""Collectors: the outside world in, `Post`s out; contacts masked and authors pseudonymised at the door.

`collectors.collector.open_collector` is the way in for files.
"""
