# Sourced by the scripts beside it: goes to a clean clone of what is committed, unless this is one.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -e node_modules ] || [ -n "$(git status --porcelain)" ]; then
  clone=$(mktemp -d)
  trap 'rm -rf "$clone"' EXIT
  [ -z "$(git status --porcelain)" ] || echo 'Note: what is not committed is not checked.'
  git clone --quiet . "$clone/likeness"
  cd "$clone/likeness"
fi

step() { printf '\n== %s\n' "$1"; }
