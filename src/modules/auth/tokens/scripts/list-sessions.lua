#!lua flags=allow-oom
-- The live sessions of a user, newest first.
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 mv:{u}
-- answer {session as session_answer gives it, …}
-- atomic
-- @include ./sessions.lua
-- @include ./session-answer.lua
local now = store_time()
local live, answer = live_sessions(KEYS[2], (read_epoch(KEYS[1])), now), {}
for i = #live, 1, -1 do answer[#answer + 1] = session_answer(live[i].sid, session_fields(session_key(live[i].sid))) end
return answer
