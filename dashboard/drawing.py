"""Pictures of charts, drawn by a helper: `python -m dashboard.drawing` reads specifications; writes SVG, PNG or PDF.

The engine that draws takes some eighty megabytes and grows with what it draws. Few readers ask for pictures, so it
lives in a process of its own, from the first picture until a while after the last.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import IO, Literal

Form = Literal["svg", "png", "pdf"]
_IDLE_SECONDS = 15.0
_MOST_PICTURES = 100
_FAILED = "failed"


class DrawingFailed(Exception):  # noqa: N818
    """The helper could not draw this specification; the message says why."""


class Helper:
    """Draws one picture at a time; starts the process when it is needed, and ends it when it is not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None
        self._drawn = 0

    def draw(self, spec: bytes, form: Form, scale: float = 1.0) -> bytes:
        """A Vega-Lite specification (JSON) as a picture; `scale`: pixels a point, of a PNG. DrawingFailed with why."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            try:
                picture = self._asked(spec, form, scale)
            except (OSError, ValueError):
                # The helper died, as after too large a picture: a new one tries once more.
                self._end()
                picture = self._asked(spec, form, scale)
            self._drawn += 1
            if self._drawn >= _MOST_PICTURES:
                self._end()
            else:
                self._timer = threading.Timer(_IDLE_SECONDS, self.close)
                self._timer.daemon = True
                self._timer.start()
            return picture

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _asked(self, spec: bytes, form: Form, scale: float) -> bytes:
        if self._process is None or self._process.poll() is not None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen([sys.executable, "-m", "dashboard.drawing"], stdin=pipe, stdout=pipe)
        given, told = self._process.stdin, self._process.stdout
        if given is None or told is None:
            raise OSError("the helper that draws has no pipes")
        given.write(f"{form} {scale} {len(spec)}\n".encode() + spec)
        given.flush()
        verdict, length = told.readline().decode().split()
        answer = told.read(int(length))
        if verdict == _FAILED:
            raise DrawingFailed(answer.decode("utf-8", "replace"))
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process, self._drawn = None, 0


helper = Helper()


def _serve(given: IO[bytes], told: IO[bytes]) -> None:
    """Draw what comes until the input ends."""
    import vl_convert

    while header := given.readline().decode().split():
        form, scale, length = header
        spec = given.read(int(length)).decode()
        verdict = "drawn"
        try:
            if form == "png":
                answer = bytes(vl_convert.vegalite_to_png(spec, scale=float(scale)))
            elif form == "pdf":
                answer = bytes(vl_convert.vegalite_to_pdf(spec))
            else:
                answer = str(vl_convert.vegalite_to_svg(spec)).encode()
        except Exception as error:  # whatever the engine says of the specification is told to who asked
            verdict, answer = _FAILED, str(error).encode()
        told.write(f"{verdict} {len(answer)}\n".encode() + answer)
        told.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
