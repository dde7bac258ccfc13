"""`python -m codemods` is the same as the `wsconsolidate` command."""

import os
import sys

if __name__ == "__main__":
    # For -m, Python puts the current folder first on its path, and that folder may be the code base: its `ast.py` or
    # `reports` would run in the place of Python's or ours. So it goes, unless this package lies there. What Python
    # imports before it comes here (functools, types ...) only `python -P` and the console script keep safe.
    if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(__file__)):
        del sys.path[0]

    from codemods.cli import main

    main()
