"""No effect and no approval of a planted test, and what an earned grant never covers.

Whether a draft is a test is said while it is being written and never changed afterwards: otherwise
one UPDATE would make an effect of a wrong draft possible.
"""

from django.db import migrations

SEEDED = """
CREATE FUNCTION approvals_item_seeded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.seeded OR OLD.state <> 'drafting' THEN
    RAISE EXCEPTION 'a test stays a test, and a draft a draft' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER item_seeded BEFORE UPDATE OF seeded ON approvals_approvalitem
  FOR EACH ROW WHEN (OLD.seeded IS DISTINCT FROM NEW.seeded)
  EXECUTE FUNCTION approvals_item_seeded();

CREATE FUNCTION approvals_nothing_from_a_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM approvals_approvalitem WHERE id = NEW.item_id AND seeded) THEN
    RAISE EXCEPTION 'nothing is sent from a test' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_not_of_a_test BEFORE INSERT ON approvals_effect
  FOR EACH ROW EXECUTE FUNCTION approvals_nothing_from_a_test();
CREATE TRIGGER decision_not_of_a_test BEFORE INSERT ON approvals_decision
  FOR EACH ROW WHEN (NEW.item_id IS NOT NULL AND NEW.kind = 'approve')
  EXECUTE FUNCTION approvals_nothing_from_a_test();

CREATE FUNCTION approvals_effect_earned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM approvals_decision d
    JOIN approvals_standinggrant g ON g.id = d.standing_id AND g.earned
    JOIN approvals_approvalitem i ON i.id = NEW.item_id
    WHERE d.id = NEW.decision_id
      AND (i.stage <> 'auto' OR i.care <> 'one_key' OR NOT i.facts_ok
           OR coalesce(i.value, 0) > coalesce(g.most_value, 0));
  IF FOUND THEN
    RAISE EXCEPTION 'the earned decision does not cover this effect'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_earned AFTER INSERT ON approvals_effect
  FOR EACH ROW EXECUTE FUNCTION approvals_effect_earned();
"""
SEEDED_BACK = """
DROP TRIGGER effect_earned ON approvals_effect;
DROP TRIGGER decision_not_of_a_test ON approvals_decision;
DROP TRIGGER effect_not_of_a_test ON approvals_effect;
DROP TRIGGER item_seeded ON approvals_approvalitem;
DROP FUNCTION approvals_effect_earned();
DROP FUNCTION approvals_nothing_from_a_test();
DROP FUNCTION approvals_item_seeded();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0013_trust")]

    operations = [migrations.RunSQL(SEEDED, SEEDED_BACK)]
