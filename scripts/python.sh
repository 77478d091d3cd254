#!/usr/bin/env bash
# Prints the path of a Python whose environment holds exactly acceptance/requirements.txt:
#
#   "$(scripts/python.sh TARGET_DIR)" -m pytest acceptance
#
# The environment is named after the requirements, so a change makes a new one, and lies in the
# target folder, so a kept target folder keeps it.
set -euo pipefail

target=${1:?usage: python.sh TARGET_DIR}
requirements=$(cd "$(dirname "$0")/.." && pwd)/acceptance/requirements.txt
name=$( { python3 -VV; cat "$requirements"; } | sha256sum | cut -c1-12)
environment=$target/python/$name

if [ ! -f "$environment/ready" ]; then
  printf 'installing the acceptance clients (boto3, aws-cli, psycopg, pyarrow)\n' >&2
  rm -rf "$environment"
  python3 -m venv "$environment" >&2
  "$environment/bin/pip" install --quiet --disable-pip-version-check \
    --only-binary :all: --requirement "$requirements" >&2
  touch "$environment/ready"
fi
printf '%s\n' "$environment/bin/python"
