#!/bin/sh
# Brings Temporal's two databases to the schema of this version. Harmless when repeated.
# Needs: SQL_HOST, SQL_PORT, SQL_USER, SQL_PLUGIN, SQL_PASSWORD_FILE, TEMPORAL_SCHEMA_DIR.
set -eu
SQL_PASSWORD="$(cat "$SQL_PASSWORD_FILE")"
export SQL_PASSWORD

migrate() {
  database="$1"
  versions="$TEMPORAL_SCHEMA_DIR/$2/versioned"
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema -d "$versions"
}

migrate temporal temporal
migrate temporal_visibility visibility
