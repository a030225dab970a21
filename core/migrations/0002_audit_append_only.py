"""The audit is append-only for every role but the owner of its tables.

copilot_app is the role of every process. Where the role does not exist (one role for everything)
there is nobody to take the right from; a system check warns about that.
"""

from django.db import migrations

REVOKE = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'copilot_app') AND current_user <> 'copilot_app'
  THEN
    REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES
      ON core_auditevent, core_auditseal FROM copilot_app;
    -- A detail may be erased (a client asked for it) and never rewritten.
    REVOKE UPDATE, TRUNCATE, TRIGGER, REFERENCES ON core_auditdetail FROM copilot_app;
  END IF;
END
$$;
"""

GRANT = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'copilot_app') AND current_user <> 'copilot_app'
  THEN
    GRANT UPDATE, DELETE ON core_auditevent, core_auditseal, core_auditdetail TO copilot_app;
  END IF;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(REVOKE, GRANT)]
