"""spaCy without torch, which it imports wherever it is installed, only to be able to wrap its networks.

pikir's tokenizers need none of that, and it costs a second and 190 MB. This module is imported before spaCy. Where
spaCy or torch is there already nothing is hidden; a program that wraps torch networks in spaCy imports spaCy first.
"""

from __future__ import annotations

import sys

if "torch" not in sys.modules and "spacy" not in sys.modules:
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy  # noqa: F401
    finally:
        del sys.modules["torch"]
