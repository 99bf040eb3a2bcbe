"""`python -m curate` is `curate`: both begin here, where an interrupt of the first imports is no fault either."""

import sys

from curate import garbage


def main() -> None:
    """The console script."""
    garbage.rarely()  # a search in the middle of the imports finds nothing
    try:
        from curate.cli import main as command  # not at the top: the decoders' processes import this file too
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing had begun\n")
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
