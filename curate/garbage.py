"""How often Python looks for garbage that only a search finds."""

import gc

# New objects between two searches. With Python's 700, a thousand requests a second cost an eighth more CPU, for
# nearly nothing is found: requests, replies and bodies go with their last user, also after faults.
OFTEN = 20_000


def rarely() -> None:
    """Search less often in this process."""
    gc.set_threshold(OFTEN, *gc.get_threshold()[1:])
