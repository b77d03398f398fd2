#!/bin/sh
# Creates one role and database for Temporal and one for Syncline, and sets their passwords. Harmless when repeated:
# after a password file has changed, run it again and restart what uses it.
# Needs: PGHOST, PGPORT, PGUSER, PGPASSWORD_FILE, TEMPORAL_PASSWORD_FILE, SYNCLINE_PASSWORD_FILE, SQL_DIR.
set -eu
PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
TEMPORAL_PASSWORD="$(cat "$TEMPORAL_PASSWORD_FILE")"
SYNCLINE_PASSWORD="$(cat "$SYNCLINE_PASSWORD_FILE")"
export PGPASSWORD TEMPORAL_PASSWORD SYNCLINE_PASSWORD
exec psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --file "$SQL_DIR/databases.sql"
