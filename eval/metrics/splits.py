"""Which topics may be learnt from and which are for judging only."""

from __future__ import annotations

import hashlib

HELD_OUT_SHARE = 2 / 5
"""Share of the topics that nothing may be trained or tuned on."""


def held_out(topic: str) -> bool:
    """Whether a topic is for judging only. It follows from the topic's name alone, so it can never be tuned.

    >>> held_out("sul119_kol"), held_out("seniorjob")
    (True, False)
    """
    number = int(hashlib.sha256(topic.encode()).hexdigest()[:8], 16)
    return number / 2**32 < HELD_OUT_SHARE
