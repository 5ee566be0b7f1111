"""Skills that calls need: who has them, how many of those are there, and what becomes of a need that nobody can meet."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from contactcenter.agents.states import LiveAgent
from contactcenter.errors import BadInput
from contactcenter.ids import QueueName

Skills = frozenset[str]
"""Short names, such as `english` or `安装`. None: whoever is a member."""

NONE: Skills = frozenset()


@dataclass(slots=True)
class Staff:
    """Members of one queue. having: by their skills, of all members; logged_in: the same of those who are."""

    having: Counter[Skills] = field(default_factory=Counter)
    logged_in: Counter[Skills] = field(default_factory=Counter)

    def has(self, needed: Skills) -> bool:
        """Whether a member has all of these skills."""
        return any(count and needed <= skills for skills, count in self.having.items())

    def is_there(self, needed: Skills) -> bool:
        """Whether such a member is logged in."""
        return any(count and needed <= skills for skills, count in self.logged_in.items())


def staff_of(members: Iterable[LiveAgent]) -> Staff:
    everybody = list(members)
    return Staff(
        Counter(agent.skills for agent in everybody), Counter(agent.skills for agent in everybody if agent.logged_in)
    )


def check_skills(where: str, skills: Iterable[str]) -> None:
    """Raises BadInput for what is no short name."""
    for name in skills:
        if not re.fullmatch(r"[^\s,\x00-\x1f]{1,40}", name):
            raise BadInput(
                f"{where}: {name!r} is no skill. Use a word of at most 40 characters, without spaces and commas."
            )


def nobody_has(queue: QueueName, needed: Skills) -> str:
    """What an admin is told."""
    return f"no member of queue {queue} has {' and '.join(sorted(needed))}: the call is for all members"
