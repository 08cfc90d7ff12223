"""Serves a WSGI application on loopback: `serve.py MODULE:NAME LOG`; run by the forum's own Python.

Prints its port. Each request is a line of JSON in LOG: time, path, status, user agent. /robots.txt is ours.
"""

import importlib
import json
import sys
import time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

ROBOTS = b"User-agent: *\nDisallow: /user/\nDisallow: /u/\nDisallow: /admin\n"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def logged(application, log):
    def inner(environ, start_response):
        began = time.time()
        path = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
        seen = {"time": began, "path": path, "agent": environ.get("HTTP_USER_AGENT", "")}
        if environ["PATH_INFO"] == "/robots.txt":
            log.write(json.dumps({**seen, "status": 200}) + "\n")
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [ROBOTS]

        def start(status, headers, exc_info=None):
            log.write(json.dumps({**seen, "status": int(status.split()[0])}) + "\n")
            return start_response(status, headers, exc_info)

        return application(environ, start)

    return inner


module, _, name = sys.argv[1].partition(":")
sys.path.insert(0, ".")
with open(sys.argv[2], "a", buffering=1) as stream:
    application = logged(getattr(importlib.import_module(module), name), stream)
    server = make_server("127.0.0.1", 0, application, Server, Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
