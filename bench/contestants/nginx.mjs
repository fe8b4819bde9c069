// nginx with one worker and the bytes of a picture as a file: what a picture costs where no program looks at it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages } from '../../scripts/debian-packages.mjs';
import { works } from '../load/cores.mjs';
import { freePort } from '../../test/kit/free-port.mjs';

const runs = ({ folder, env }) => works('env', ...Object.entries(env).map(([name, text]) => `${name}=${text}`), join(folder, 'usr/sbin/nginx'), '-v');

/** From PATH, else from Debian's packages; null where neither can be had. */
function program() {
  for (const installed of ['nginx', '/usr/sbin/nginx']) if (works(installed, '-v')) return { nginx: installed, env: {} };
  try {
    const found = debianPackages('rolling', ['nginx'], runs);
    return found && { nginx: join(found.folder, 'usr/sbin/nginx'), env: found.env };
  } catch {
    return null;
  }
}

const configuration = (folder, port) => `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3; uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
  server { listen 127.0.0.1:${port}; root ${folder}/files; default_type image/webp; }
}`;

/** `{origin, pid}` of an nginx that serves `bytes` as /picture.webp; null where there is no nginx. */
export async function startNginx(stage, bytes) {
  const found = program();
  if (!found) return null;
  const [folder, port] = [stage.folder('nginx'), await freePort()];
  mkdirSync(join(folder, 'files'), { recursive: true });
  writeFileSync(join(folder, 'files/picture.webp'), bytes);
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port));
  const command = ['sh', '-c', `echo started; exec "${found.nginx}" -e "${folder}/error.log" -c "${folder}/nginx.conf"`];
  const { pid } = await stage.start(command, { ready: /started/, env: found.env });
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const response = await fetch(`${origin}/picture.webp`).catch(() => null);
    if (response?.ok) return { origin, pid, etag: (await response.arrayBuffer(), response.headers.get('etag')) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nginx does not answer');
}
