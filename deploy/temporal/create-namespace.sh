#!/bin/sh
# Creates the namespace and the search attributes that Syncline writes. Harmless when repeated.
# Needs: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, NAMESPACE_RETENTION, SEARCH_ATTRIBUTES (names, separated by spaces).
set -eu

attempts=0
until temporal operator cluster health >/dev/null 2>&1; do
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 60 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS was not healthy within a minute." >&2
    exit 1
  fi
  sleep 1
done

temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$NAMESPACE_RETENTION"

# A new namespace takes some seconds to be known to every part of the server.
attempts=0
until known="$(temporal operator search-attribute list -n "$TEMPORAL_NAMESPACE" 2>/dev/null)"; do
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 60 ]; then
    echo "The namespace $TEMPORAL_NAMESPACE was not ready within a minute." >&2
    exit 1
  fi
  sleep 1
done

for name in $SEARCH_ATTRIBUTES; do
  echo "$known" | grep -qw "$name" ||
    temporal operator search-attribute create -n "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
