-- Run by psql 14 or later. Passwords come from the environment, so that they stand in no command line and no log.
\getenv temporal_password TEMPORAL_PASSWORD
\getenv syncline_password SYNCLINE_PASSWORD
SET log_statement = 'none';
SET log_min_error_statement = 'panic';

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['temporal', 'syncline']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE syncline PASSWORD :'syncline_password';

SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('syncline', 'syncline')) AS wanted (name, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec

-- Each role reaches only its own databases.
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, syncline FROM PUBLIC;
