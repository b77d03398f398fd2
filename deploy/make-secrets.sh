#!/bin/sh
# Makes a random password for each database role, and a file for the secrets of your own connections, with the key
# under which the engine keeps what it encrypts.
# Files that exist are left as they are. Usage: deploy/make-secrets.sh [FOLDER]
set -eu
folder="${1:-$(dirname "$0")/secrets}"
mkdir -p "$folder"
# The folder is closed to others; the files are readable because each container reads its own under another user id.
chmod 700 "$folder"
for name in postgres_password temporal_db_password syncline_db_password; do
  file="$folder/$name"
  if [ ! -s "$file" ]; then
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
    chmod 644 "$file"
    echo "made $file"
  fi
done
file="$folder/worker.env"
if [ ! -e "$file" ]; then
  : >"$file"
  chmod 600 "$file"
  {
    echo '# NAME=value, one a line: the secrets that connections.yaml refers to as { env: NAME }.'
    echo '# The key of the engine. Keep a copy: without it nobody reads the vault, OAuth tokens or recorded calls.'
    echo "SYNCLINE_KEY=$(head -c 32 /dev/urandom | base64)"
  } >>"$file"
  echo "made $file"
fi
