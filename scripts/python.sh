#!/usr/bin/env bash
# Prints the path of a Python whose environment holds what acceptance/requirements.txt, or another
# such file, lists:
#
#   "$(scripts/python.sh TARGET_DIR [REQUIREMENTS])" -m pytest acceptance
#
# The environment is named after the requirements, so a change makes a new one, and lies in the
# target folder, so a kept target folder keeps it.
set -euo pipefail

target=${1:?usage: python.sh TARGET_DIR [REQUIREMENTS]}
requirements=$(cd "$(dirname "$0")/.." && pwd)/${2:-acceptance/requirements.txt}
name=$( { python3 -VV; cat "$requirements"; } | sha256sum | cut -c1-12)
environment=$target/python/$name

if [ ! -f "$environment/ready" ]; then
  printf 'installing %s\n' "${requirements#"$PWD"/}" >&2
  rm -rf "$environment"
  python3 -m venv "$environment" >&2
  "$environment/bin/pip" install --quiet --disable-pip-version-check \
    --only-binary :all: --requirement "$requirements" >&2
  touch "$environment/ready"
fi
printf '%s\n' "$environment/bin/python"
