#!/bin/sh
# For each variable NAME_FILE of the list, NAME becomes the content of that file: secrets stay out of `docker inspect`.
set -eu
for name in PGPASSWORD DATABASE_URL; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    value="$(cat "$file")"
    export "$name=$value"
  fi
done
exec "$@"
