#!/bin/sh
# Starts the Temporal server with the configuration of this folder. Needs: SQL_*, SQL_PASSWORD_FILE, TEMPORAL_CONFIG_DIR.
set -eu
SQL_PASSWORD="$(cat "$SQL_PASSWORD_FILE")"
export SQL_PASSWORD
# Nobody can log in to this server by itself: it is published on the loopback interface only.
exec temporal-server --root / --config "$TEMPORAL_CONFIG_DIR" --env server --allow-no-auth start
