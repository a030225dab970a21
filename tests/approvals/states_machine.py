"""The machine of test_states_machine.py: what may befall a draft, and what must always hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from approvals.effects import effects_drain, effects_queue
from approvals.errors import DecisionError, NotPossible
from approvals.listeners import approvals_hear
from approvals.models import ApprovalItem, Effect, TypedText
from approvals.policy import SMS_HOLD
from approvals.services import decisions, items
from approvals.states import REACTIONS, Happening, State
from core import clock
from core.errors import Permanent, Temporary, UnknownOutcome
from integrations import events
from integrations.models import Consent, Message
from tests.approvals import stub_platform
from tests.approvals.desk import AGENT, NOW, Desk, desk_make, fact, opened, proposal_make
from tests.approvals.stub_platform import EVERYTHING, World
from tests.support import services

SUBJECTS = st.sampled_from(["visit:1", "visit:2"])
FAULTS = st.sampled_from(["", "busy", "refused", "lost before", "lost after"])


class StatesMachine(RuleBasedStateMachine):
    """Three subjects with one client; ``truth`` is what the evidence check answers per subject."""

    truth: ClassVar[dict[str, bool]] = {}
    met: ClassVar[set[tuple[str, str]]] = set()

    @initialize(keys=st.booleans())
    def begin(self, keys: bool) -> None:
        """The platform takes idempotency keys, or can neither be asked nor told twice."""
        services.put_back()
        self.frozen = clock.frozen(NOW)
        self.held = self.frozen.__enter__()
        self.world: World = stub_platform.fresh()
        if not keys:
            self.world.able = EVERYTHING - {"idempotency"}
            self.world.on_look_up = lambda action: raise_fault("lost")
        self.desk: Desk = desk_make()
        self.truth.clear()
        self.voided, self.n = set[str](), 0
        # Drafts that were on their way when the desk wrote to the client itself.
        self.answered = set[int]()

    def teardown(self) -> None:
        if hasattr(self, "frozen"):
            self.frozen.__exit__(None, None, None)

    # Looking

    def all(self, of: str = "") -> list[ApprovalItem]:
        rows = ApprovalItem.objects.filter(subject__startswith=of)
        return list(rows.select_related("revision").order_by("id"))

    def newest(self, subject: str) -> ApprovalItem | None:
        return ApprovalItem.objects.filter(subject=subject).order_by("-id").first()

    def state(self, item: ApprovalItem) -> str:
        return ApprovalItem.objects.values_list("state", flat=True).get(pk=item.pk)

    def expect(self, before: list[ApprovalItem], happening: Happening) -> None:
        """Each draft stands where the table puts it; what was voided is remembered."""
        for item in before:
            self.met.add((item.state, happening))
            wanted = REACTIONS[item.state][happening].after
            what = f"{item.agent} {item.subject} ({item.purpose}), {item.state}, after {happening}"
            if happening is Happening.FACT_CHANGED and item.pk in self.answered:
                # Read again, its evidence tells of the reply as well, and that comes first.
                wanted = State.WITHDRAWN if wanted == State.STALE else wanted
            assert self.state(item) == wanted, what
            if item.state == "approved" and wanted not in {"approved", "sent"}:
                self.voided |= set(
                    Effect.objects.filter(item=item).values_list("key", flat=True)
                ) - set(self.world.keys())

    # What people and agents do

    @rule(subject=SUBJECTS)
    def an_agent_drafts(self, subject: str) -> None:
        """A placeholder where nothing is live, and its text."""
        item = self.newest(subject)
        if item is None or item.state not in ApprovalItem.LIVE:
            item = opened(self.desk, subject=subject, due_at=self.desk.appointment.starts_at)
        if item.state == "drafting":
            proposal = proposal_make(
                self.desk, subject=subject, purpose="answer", evidence=self.evidence(subject)
            )
            items.item_fill(actor=AGENT, item_id=item.pk, proposal=proposal)

    def evidence(self, subject: str) -> tuple[Any, ...]:
        self.truth[subject] = True
        since = clock.now().isoformat()
        return (
            fact("test_subject", subject=subject),
            fact("no_staff_reply", client=self.desk.client.pk, since=since),
        )

    @rule(subject=SUBJECTS, by_tom=st.booleans())
    def a_person_approves(self, subject: str, by_tom: bool) -> None:
        self.an_agent_drafts(subject)
        item = self.newest(subject)
        assert item is not None
        if item.state == "stale":
            self.a_person_edits(subject)
            item.refresh_from_db()
        if item.state not in {"pending", "failed"}:
            return
        assert item.revision is not None
        before, passes = item.state, item.due_at
        try:
            decisions.item_approve(
                user=self.desk.tom if by_tom else self.desk.maria,
                item_id=item.pk,
                revision_id=item.revision.pk,
                evidence_sha256=item.revision.evidence_sha256,
            )
        except NotPossible:
            # Its moment comes before the press could no longer be taken back.
            assert passes is not None
            assert passes <= clock.now() + timedelta(seconds=SMS_HOLD)
            assert self.state(item) == before
        else:
            assert self.state(item) == "approved"

    @rule(subject=SUBJECTS)
    def a_person_edits(self, subject: str) -> None:
        item = self.newest(subject)
        if item is None or item.state not in {"pending", "stale", "failed"}:
            return
        self.n += 1
        assert item.revision is not None
        decisions.item_edit(
            user=self.desk.maria,
            item_id=item.pk,
            base_revision=item.revision.number,
            body=f"Hi Dana, words {self.n}.",
        )
        assert self.state(item) == "pending"

    @rule()
    def a_person_settles(self) -> None:
        for item in ApprovalItem.objects.filter(state="unknown"):
            sent = Effect.objects.filter(item=item, key__in=self.world.keys()).exists()
            decisions.item_settle(user=self.desk.maria, item_id=item.pk, sent=sent)

    @rule(subject=SUBJECTS)
    def a_person_asks_for_another(self, subject: str) -> None:
        item = self.newest(subject)
        if item is not None and item.state in {"pending", "stale", "failed"}:
            decisions.item_regenerate(user=self.desk.maria, item_id=item.pk, instruction="")
            # Nothing here can write it again, so it may be back in the queue at once.
            assert self.state(item) in {"drafting", "pending"}

    @rule(seconds=st.sampled_from([1, 11, 130]))
    def time_passes(self, seconds: int) -> None:
        self.held.move(timedelta(seconds=seconds))
        effects_queue.reclaim()

    @rule(subject=SUBJECTS, fault=FAULTS)
    def the_worker_works(self, subject: str, fault: str) -> None:
        """Something approved comes due, and the platform behaves well or badly."""
        if not effects_queue.look()[1]:
            self.a_person_approves(subject, by_tom=False)
        self.world.before_apply = self.world.after_apply = None
        if fault in {"busy", "refused", "lost before"}:
            self.world.before_apply = lambda action: raise_fault(fault)
        elif fault:
            self.world.after_apply = lambda action: raise_fault(fault)
        self.held.move(timedelta(seconds=11))
        effects_drain()
        self.world.before_apply = self.world.after_apply = None

    # The columns of the table

    @rule(subject=SUBJECTS)
    def a_newer_draft_comes(self, subject: str) -> None:
        before = [item for item in self.all() if item.subject == subject]
        for item in before:
            if item.state in ApprovalItem.LIVE:
                TypedText.objects.get_or_create(item=item, user=self.desk.maria)
        newer = opened(self.desk, subject=subject, group="confirmations")
        self.expect(before, Happening.NEWER_DRAFT)
        for item in before:
            if self.state(item) == "superseded" and item.state != "superseded":
                assert not TypedText.objects.filter(item=item).exists()
                assert TypedText.objects.filter(item=newer).exists()

    @rule()
    def stop(self) -> None:
        before = self.all("visit:")
        self.hear(events.MessageReceived, message_id=self.message("STOP", incoming=True).pk)
        self.expect(before, Happening.STOP)
        Consent.objects.filter(origin="here").delete()

    @rule()
    def staff_reply(self) -> None:
        # The one text that confirms an opt-out rests on no silence of the desk: it stays.
        before = self.all("visit:")
        self.held.move(timedelta(seconds=1))
        message = self.message("Already talked.", incoming=False, source="staff")
        self.hear(events.StaffReplied, message_id=message.pk)
        self.expect(before, Happening.STAFF_REPLY)
        self.answered |= {one.pk for one in before if one.state in {"sending", "unknown"}}

    @rule(subject=SUBJECTS)
    def a_fact_changes(self, subject: str) -> None:
        self.truth[subject] = False
        before = [item for item in self.all() if item.subject == subject]
        self.hear(events.AppointmentConfirmed, appointment_id=self.desk.appointment.pk)
        self.expect(before, Happening.FACT_CHANGED)
        self.truth[subject] = True

    @rule(subject=SUBJECTS)
    def the_moment_passes(self, subject: str) -> None:
        before = [item for item in self.all() if item.subject == subject]
        waiting = ApprovalItem.objects.filter(pk__in=[item.pk for item in before])
        waiting.update(due_at=clock.now())
        items.items_expire(clock.now())
        for item in before:
            if item.state == "approved":
                self.come_due(item)
        self.expect(before, Happening.MOMENT_PASSED)

    def come_due(self, item: ApprovalItem) -> None:
        """A held draft is missed when its effect comes due: let the worker see only that one."""
        mine = Effect.objects.filter(item=item, outcome="", state="waiting")
        others = Effect.objects.filter(outcome="", state="waiting").exclude(item=item)
        kept = dict(others.values_list("pk", "not_before"))
        others.update(not_before=clock.now() + timedelta(days=1))
        if not mine.exists():  # claimed by a worker that died: its lease runs out first
            Effect.objects.filter(item=item, outcome="").update(state="waiting", lease_token=None)
        mine.update(not_before=clock.now())
        effects_drain()
        for pk, at in kept.items():
            Effect.objects.filter(pk=pk).update(not_before=at)

    @rule(subject=SUBJECTS)
    def undo(self, subject: str) -> None:
        item = self.newest(subject)
        if item is None:
            return
        try:
            decisions.item_undo(user=self.desk.tom, item_id=item.pk)
        except DecisionError:
            assert REACTIONS[item.state][Happening.UNDO].after == item.state
        self.expect([item], Happening.UNDO)

    @rule()
    def a_lease_is_lost(self) -> None:
        self.held.move(timedelta(seconds=11))
        before = self.all()
        effects_queue.claim(2)
        self.held.move(timedelta(seconds=121))
        effects_queue.reclaim()
        self.expect(before, Happening.LEASE_LOST)

    @rule(subject=SUBJECTS)
    def undo_after_a_fact_changed(self, subject: str) -> None:
        self.a_person_approves(subject, by_tom=True)
        self.a_fact_changes(subject)
        self.undo(subject)

    @rule(subject=SUBJECTS)
    def undo_of_what_may_have_been_sent(self, subject: str) -> None:
        self.the_worker_works(subject, "lost before")
        self.undo(subject)

    @rule(subject=SUBJECTS)
    def a_fact_changes_on_the_way_out(self, subject: str) -> None:
        self.a_person_approves(subject, by_tom=False)
        self.a_lease_is_lost()
        self.a_fact_changes(subject)

    # What must hold at any moment

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        keys = self.world.keys()
        assert len(keys) == len(set(keys))

    @invariant()
    def nothing_is_sent_without_an_approval_of_these_bytes(self) -> None:
        for _, key, payload in self.world.done:
            effect = Effect.objects.select_related("decision", "revision").get(key=key)
            assert effect.decision.kind == "approve"
            assert effect.decision.actor_id is not None
            assert payload["body"] == effect.revision.body

    @invariant()
    def what_was_voided_is_never_sent(self) -> None:
        assert not self.voided & set(self.world.keys())

    @invariant()
    def what_the_queue_says_is_what_happened(self) -> None:
        sent = set(self.world.keys())
        for effect in Effect.objects.select_related("item"):
            if effect.outcome == "sent":
                assert effect.key in sent
            elif effect.outcome in {"withdrawn", "stale"}:
                assert effect.key not in sent

    # Helpers

    def hear(self, kind: type[events.Event], **fields: Any) -> None:
        self.n += 1
        about = {"connection_id": str(self.desk.connection.pk), "client_id": self.desk.client.pk}
        approvals_hear(kind(key=f"heard:{self.n}", at=clock.now(), **about, **fields))

    def message(self, body: str, **fields: Any) -> Message:
        self.n += 1
        return Message.objects.create(
            connection=self.desk.connection,
            external_id=f"msg_{self.n}",
            client=self.desk.client,
            channel="sms",
            body=body,
            sent_at=clock.now() - timedelta(hours=1) if fields["incoming"] else clock.now(),
            **fields,
        )


def raise_fault(fault: str) -> None:
    if fault == "busy":
        raise Temporary("Too many requests.", timedelta(seconds=5))
    if fault == "refused":
        raise Permanent("The number is not a mobile.")
    raise UnknownOutcome("The answer was lost.")
