"""For all tests: a landing is judged on the same examples every time; at a desk new ones are tried."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("landing", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("landing")
