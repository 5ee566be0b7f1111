"""A call's facts as sentences: what was decided at each step, and why."""

from collections.abc import Iterable

from contactcenter import events as e


def explain_call(facts: Iterable[e.Fact]) -> list[dict[str, str]]:
    """One entry for each decision: step and text, in the order they were made."""
    lines: list[dict[str, str]] = []
    for fact in facts:
        lines += [{"step": step, "text": text} for step, text in _before_the_queue(fact) or _from_the_queue_on(fact)]
    return lines


def _before_the_queue(fact: e.Fact) -> list[tuple[str, str]]:  # noqa: C901, PLR0911 (one sentence for each fact)
    match fact:
        case e.CallArrived():
            way = f" over trunk {fact.trunk}" if fact.trunk else ""
            return [("arrival", f"{fact.caller or fact.raw_caller or 'a withheld number'} called {fact.hotline}{way}")]
        case e.HoursChecked():
            return [("hours", f"{'open' if fact.open else 'closed'}: calendar {fact.calendar}, {fact.why}")]
        case e.ServiceCodeTried():
            told = (
                "accepted" if fact.accepted else "not looked up, too many were wrong" if fact.limited else "not known"
            )
            return [("caller", f"service code, try {fact.attempt}: {told}")]
        case e.CallerIdentified(by="unknown"):
            return [("caller", "not identified: neither the number nor a service code is known")]
        case e.CallerIdentified():
            who = " ".join(part for part in (fact.company_name, fact.contact_name) if part)
            return [("caller", f"{who}, level {fact.level}, known by {fact.by.replace('_', ' ')}")]
        case e.ServiceChecked():
            return [("service", f"{fact.service}" + (f", until {fact.until}" if fact.until else ""))]
        case e.KeyPressed():
            return [("menu", f"{fact.node}: {'key ' + fact.key if fact.key else 'no key in time'}")]
        case e.CallRouted():
            tried = [
                ("routing", f"rule {trial.rule!r} {'matched' if trial.matched else 'did not match'}: {trial.why}")
                for trial in fact.tried
            ]
            return [*tried, ("routing", _routed_to(fact))]
        case e.DigitsCollected():
            return [("menu", f"{fact.node}: {fact.digits or ('digits' if fact.ok else 'no such digits')}")]
        case e.HttpLookedUp():
            return [("look-up", f"{fact.node}: {fact.why or 'answered'}, {fact.seconds:.1f} s")]
        case _:
            return []


def _routed_to(fact: e.CallRouted) -> str:
    if fact.queue:
        return f"to queue {fact.queue} with priority {fact.priority}"
    return f"on through flow {fact.flow}" if fact.flow else "no rule matched"


def _from_the_queue_on(fact: e.Fact) -> list[tuple[str, str]]:  # noqa: C901, PLR0911, PLR0912 (one sentence for each fact)
    match fact:
        case e.CallQueued():
            kept = f", with a place kept for {(fact.at - fact.since).total_seconds():.0f} s" if fact.since else ""
            return [("queue", f"position {fact.position} in {fact.queue}{kept}")]
        case e.WaitAnnounced():
            wait = "" if fact.estimate_seconds is None else f", about {fact.estimate_seconds:.0f} s to wait"
            return [("queue", f"told: position {fact.position}{wait}")]
        case e.CallOverflowed():
            return [("queue", f"left {fact.queue} for {fact.to}: {fact.why.replace('_', ' ')}")]
        case e.CallOffered():
            others = f", before {', '.join(fact.before)}" if fact.before else ""
            return [
                ("offer", f"offer {fact.attempt} to agent {fact.agent}, chosen by {fact.why.replace('_', ' ')}{others}")
            ]
        case e.OfferMissed():
            return [("offer", f"agent {fact.agent} did not take it: {fact.reason.replace('_', ' ')}")]
        case e.OfferWithdrawn():
            return [("offer", f"agent {fact.agent} was rung no longer: {fact.why.replace('_', ' ')}")]
        case e.CallReturned():
            return [("queue", f"back in {fact.queue}: agent {fact.agent} was gone before they could talk")]
        case e.CallAnswered():
            return [("answer", f"agent {fact.agent} {fact.agent_name}".strip())]
        case e.TicketOpened():
            return [("ticket", f"{fact.ticket} opened: no open ticket of this customer")]
        case e.CallAttached():
            return [("ticket", f"joined {fact.ticket}, which was open")]
        case e.TalkEnded():
            end = f"handed over to {fact.transferred_to}" if fact.transferred_to else f"the {fact.by} hung up"
            return [("talk", f"{fact.talk_seconds:.1f} s, {end}")]
        case e.CallbackRequested():
            return [("callback", f"{fact.number} is to be called back, and keeps the place in {fact.queue}")]
        case e.CallbackTried():
            return [("callback", f"try {fact.attempt}: {fact.outcome.replace('_', ' ')}")]
        case e.CallbackEnded():
            return [("callback", f"over: {fact.outcome.replace('_', ' ')}")]
        case e.VoiceMessageLeft():
            return [("message", f"{fact.seconds:.0f} s in {fact.path}")]
        case e.SurveyAnswered():
            return [("survey", f"rating {fact.rating}")]
        case e.SurveySkipped():
            return [("survey", f"no rating: {fact.why.replace('_', ' ')}")]
        case e.CallEnded():
            return [("end", fact.outcome + (f": {fact.why}" if fact.why else ""))]
        case _:
            return []
