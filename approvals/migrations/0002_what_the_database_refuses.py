"""What the database itself refuses, whatever the code does.

The allowed steps are frozen here as they were printed from approvals/states.py; a test compares
the installed trigger with that table, and a changed table needs a migration that replaces the
function ``approvals_item_step``.
"""

from django.db import migrations

STEPS = {
    "drafting": "pending superseded withdrawn missed",
    "pending": "drafting approved manual rejected superseded stale missed withdrawn by_hand",
    "approved": "pending sending manual stale missed withdrawn superseded failed",
    "sending": "sent failed unknown approved superseded",
    "sent": "failed",
    "stale": "drafting pending rejected superseded missed withdrawn by_hand",
    "failed": (
        "drafting pending approved manual rejected superseded stale missed withdrawn by_hand sent"
    ),
    "unknown": "sent failed superseded",
    "manual": "pending by_hand rejected superseded stale missed withdrawn",
}
PAIRS = ", ".join(
    f"'{before}>{after}'" for before, targets in STEPS.items() for after in targets.split()
)

HASHES = """
ALTER TABLE approvals_effect
  ADD CONSTRAINT effect_body_is_hashed
    CHECK (body IS NULL OR body_sha256 = encode(sha256(body), 'hex')),
  ADD CONSTRAINT effect_body_until_settled
    CHECK (body IS NOT NULL OR settled_at IS NOT NULL);
ALTER TABLE approvals_action
  ADD CONSTRAINT action_payload_is_hashed
    CHECK (payload IS NULL OR body_sha256 = encode(sha256(payload), 'hex'));
"""
HASHES_BACK = """
ALTER TABLE approvals_effect
  DROP CONSTRAINT effect_body_is_hashed, DROP CONSTRAINT effect_body_until_settled;
ALTER TABLE approvals_action DROP CONSTRAINT action_payload_is_hashed;
"""

KEYS = """
ALTER TABLE approvals_effect
  ALTER COLUMN decision_id SET NOT NULL,
  ADD CONSTRAINT effect_is_of_the_decision
    FOREIGN KEY (decision_id, revision_id) REFERENCES approvals_decision (id, revision_id),
  ADD CONSTRAINT effect_is_what_was_approved
    FOREIGN KEY (action_id, revision_id, body_sha256)
    REFERENCES approvals_action (id, revision_id, body_sha256);
"""
KEYS_BACK = """
ALTER TABLE approvals_effect
  DROP CONSTRAINT effect_is_of_the_decision, DROP CONSTRAINT effect_is_what_was_approved;
"""

STEP = f"""
CREATE FUNCTION approvals_item_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state || '>' || NEW.state <> ALL (ARRAY[{PAIRS}]) THEN
    RAISE EXCEPTION 'a draft cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER item_step BEFORE UPDATE OF state ON approvals_approvalitem
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION approvals_item_step();
"""
STEP_BACK = """
DROP TRIGGER item_step ON approvals_approvalitem;
DROP FUNCTION approvals_item_step();
"""

# Rows are compared as JSON with the columns that may change left out: a column added later is
# frozen from its first day.
FROZEN = """
CREATE FUNCTION approvals_action_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'payload' = to_jsonb(OLD) - 'payload' AND NEW.payload IS NULL THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an action is never changed, only emptied' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER action_frozen BEFORE UPDATE ON approvals_action
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION approvals_action_frozen();

CREATE FUNCTION approvals_revision_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  texts text[] := ARRAY['subject', 'body', 'facts', 'warnings', 'reasons', 'erased_at'];
BEGIN
  IF to_jsonb(NEW) - 'author_id' = to_jsonb(OLD) - 'author_id' AND NEW.author_id IS NULL THEN
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - texts = to_jsonb(OLD) - texts AND NEW.erased_at IS NOT NULL
     AND NEW.subject = '' AND NEW.body = '' AND NEW.facts = '[]' AND NEW.warnings = '[]'
     AND NEW.reasons = '[]' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a revision is never changed, only emptied' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER revision_frozen BEFORE UPDATE ON approvals_revision
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION approvals_revision_frozen();

CREATE FUNCTION approvals_evidence_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  texts text[] := ARRAY['value', 'check_params'];
BEGIN
  IF to_jsonb(NEW) - texts = to_jsonb(OLD) - texts
     AND NEW.value = '' AND NEW.check_params = '{}' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'evidence is never changed, only emptied' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER evidence_frozen BEFORE UPDATE ON approvals_evidence
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION approvals_evidence_frozen();

CREATE FUNCTION approvals_decision_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erasable text[] := ARRAY['actor_id', 'words'];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - erasable = to_jsonb(OLD) - erasable
     AND (NEW.actor_id IS NULL OR NEW.actor_id = OLD.actor_id)
     AND (NEW.words = '' OR NEW.words = OLD.words) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a decision is never changed or removed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER decision_frozen BEFORE UPDATE OR DELETE ON approvals_decision
  FOR EACH ROW EXECUTE FUNCTION approvals_decision_frozen();

CREATE FUNCTION approvals_effect_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moving text[] := ARRAY['state', 'attempts', 'not_before', 'lease_until', 'lease_token',
    'last_error', 'body', 'outcome', 'call_started_at', 'doubt_since', 'reference', 'settled_at',
    'plain_error'];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
     AND (NEW.body IS NULL OR NEW.body = OLD.body) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was approved is never changed or removed'
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER effect_frozen BEFORE UPDATE OR DELETE ON approvals_effect
  FOR EACH ROW EXECUTE FUNCTION approvals_effect_frozen();
"""
FROZEN_BACK = """
DROP TRIGGER action_frozen ON approvals_action;
DROP TRIGGER revision_frozen ON approvals_revision;
DROP TRIGGER evidence_frozen ON approvals_evidence;
DROP TRIGGER decision_frozen ON approvals_decision;
DROP TRIGGER effect_frozen ON approvals_effect;
DROP FUNCTION approvals_action_frozen();
DROP FUNCTION approvals_revision_frozen();
DROP FUNCTION approvals_evidence_frozen();
DROP FUNCTION approvals_decision_frozen();
DROP FUNCTION approvals_effect_frozen();
"""

# A foreign key proves that the decision is about this revision; this proves that it was a yes, by
# somebody, and for a standing one that the grant covers it.
APPROVED = """
CREATE FUNCTION approvals_effect_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  decision approvals_decision%ROWTYPE;
  item approvals_approvalitem%ROWTYPE;
BEGIN
  SELECT * INTO decision FROM approvals_decision WHERE id = NEW.decision_id;
  IF decision.kind IS DISTINCT FROM 'approve' OR decision.actor_id IS NULL
     OR decision.item_id IS DISTINCT FROM NEW.item_id THEN
    RAISE EXCEPTION 'an effect needs a person''s approval of its draft'
      USING ERRCODE = 'check_violation';
  END IF;
  IF decision.scope = 'standing' THEN
    SELECT * INTO item FROM approvals_approvalitem WHERE id = NEW.item_id;
    PERFORM 1 FROM approvals_standinggrant g
      JOIN approvals_revision r ON r.id = NEW.revision_id
      WHERE g.id = decision.standing_id AND g.agent = item.agent
        AND g.location_id = item.location_id AND g.action_types ? NEW.type
        AND g.template_version = r.template_version AND r.writer = 'template'
        AND g.revoked_at IS NULL AND g.expires_at > decision.at;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the standing decision does not cover this effect'
        USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_approved AFTER INSERT ON approvals_effect
  FOR EACH ROW EXECUTE FUNCTION approvals_effect_approved();
"""
APPROVED_BACK = """
DROP TRIGGER effect_approved ON approvals_effect;
DROP FUNCTION approvals_effect_approved();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [
        migrations.RunSQL(HASHES, HASHES_BACK),
        migrations.RunSQL(KEYS, KEYS_BACK),
        migrations.RunSQL(STEP, STEP_BACK),
        migrations.RunSQL(FROZEN, FROZEN_BACK),
        migrations.RunSQL(APPROVED, APPROVED_BACK),
    ]
