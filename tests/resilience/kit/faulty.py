"""The real server with one of its rules broken: `faulty.py FAULT serve --port 8080`. It exists in tests only.

`faulty.py` alone lists the faults.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # it is started by its path, from anywhere

from dragoman.cli.main import main
from tests.resilience.kit.faults import FAULTS

if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.stdout.write("".join(f"{name}: {broken.__doc__}\n" for name, broken in FAULTS.items()))
        sys.exit(0)
    FAULTS[sys.argv.pop(1)]()
    main()
