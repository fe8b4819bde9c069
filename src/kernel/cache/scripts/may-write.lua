#!lua
-- Whether this server would take a write now. A script without flags may write, so the server judges it as a write before it runs: READONLY on a
-- replica, OOM at maxmemory, NOREPLICAS with too few replicas, MISCONF when it cannot save. It names no key and writes nothing, so any node can be asked.
return 1
