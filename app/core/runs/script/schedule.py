"""The piece about the learning rate, where it changes from step to step: `schedules.rate_at` for one schedule."""

from app.core.runs.configuration import Configuration
from app.core.runs.schedules import Constant, Cosine, Exponential, OnPlateau, Steps
from app.core.runs.script.facts import ScriptFacts
from app.core.runs.script.sections import Section

_PLATEAU = """rate, best, waited = {base!r}, None, 0
for value in monitored:
    if is_better(value, best, {delta!r}):
        best, waited = value, 0
        continue
    waited += 1
    if waited >= {patience} and rate > {minimum!r}:
        rate, waited = max(rate * {factor!r}, {minimum!r}), 0"""


def learning_rate(facts: ScriptFacts) -> list[Section]:
    """None where the rate is the optimizer's own all the way."""
    asked = facts.run.configuration
    if not changes(asked):
        return []
    warm_up = asked.schedule.warm_up_epochs
    body = [f"since = max(0.0, step / len(training) - {warm_up!r})", *_rate(asked)]
    if warm_up:
        body.append(f"rate = min(1.0, (step + 1) / ({warm_up!r} * len(training))) * rate")
    lines = [
        "def learning_rate(step, monitored):",
        '    """The rate of a step, counted from 0, where `monitored` are the values of the epochs before it."""',
        *(f"    {line}" for line in [*body, "return rate"]),
    ]
    return [Section("Learning rate", f"The schedule is {asked.schedule.kind}.", "\n".join(lines))]


def changes(asked: Configuration) -> bool:
    """Whether there is anything to say about it."""
    return not isinstance(asked.schedule, Constant) or bool(asked.schedule.warm_up_epochs)


def _rate(asked: Configuration) -> list[str]:
    base, schedule = asked.optimizer.learning_rate, asked.schedule
    if isinstance(schedule, Steps):
        return [f"rate = {base!r} * float({schedule.factor!r} ** math.floor(since / {schedule.every_epochs}))"]
    if isinstance(schedule, Exponential):
        return [f"rate = {base!r} * float({schedule.factor!r} ** since)"]
    if isinstance(schedule, Cosine):
        length = max(1e-9, (schedule.over_epochs or asked.epochs) - schedule.warm_up_epochs)
        share = schedule.final_share
        return [
            f"curve = 0.5 * (1 + math.cos(math.pi * min(1.0, since / {length!r})))",
            f"rate = {base!r} * ({share!r} + (1 - {share!r}) * curve)",
        ]
    if isinstance(schedule, OnPlateau):
        said = {"patience": schedule.patience, "minimum": schedule.minimum, "factor": schedule.factor}
        return _PLATEAU.format(base=base, delta=schedule.min_delta, **said).splitlines()
    return [f"rate = {base!r}"]
