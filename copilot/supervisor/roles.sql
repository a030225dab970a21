-- Run as a superuser inside the product's database; safe to run again.
-- copilot_owner owns the schema and runs migrations. copilot_app is every process: it reads and
-- writes rows and can change neither the schema nor, once a migration has said so, the audit.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'copilot_owner') THEN
    CREATE ROLE copilot_owner LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'copilot_app') THEN
    CREATE ROLE copilot_app LOGIN;
  END IF;
END
$$;

CREATE EXTENSION IF NOT EXISTS vector;

ALTER SCHEMA public OWNER TO copilot_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO copilot_app;

ALTER DEFAULT PRIVILEGES FOR ROLE copilot_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO copilot_app;
ALTER DEFAULT PRIVILEGES FOR ROLE copilot_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO copilot_app;
