#!/bin/sh
# Makes the secrets that compose.yaml mounts, once; what is there is kept. They are readable by all inside secrets/, which only its
# owner can enter: compose mounts the files as they are, and the services run under accounts of their own.
set -eu
umask 022
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
cd secrets

random() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
make() { [ -s "$1" ] || cat > "$1"; }

random | make master_key
password | make bootstrap_token
password | make postgres_password
printf 'postgres://likeness:%s@postgres/likeness' "$(cat postgres_password)" | make database_url
make redis_conf <<EOF
requirepass $(password)
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
hash-max-listpack-value 256
dir /data
EOF
printf 'redis://:%s@redis:6379' "$(sed -n 's/^requirepass //p' redis_conf)" | make redis_url
echo "The secrets are in $(pwd). The first admin registers with the bootstrap token in it."
