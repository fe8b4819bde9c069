import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetch as plainFetch } from 'undici';
import { endChild } from '../kit/ended-child.js';
import { freePort } from '../kit/free-port.mjs';
import { required } from '../kit/required.js';

export const FRONT_CACHES = ['nginx', 'varnish', 'squid'] as const;
export type FrontCacheName = (typeof FRONT_CACHES)[number];

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
}

interface Recipe {
  readonly file: string;
  configuration(place: Place): string;
  /** Program and arguments. */
  command(place: Place, file: string): readonly string[];
}

const root = (): string => required('TEST_CACHES_ROOT');
const isRoot = process.getuid?.() === 0;

/** A shared cache as its manual has it for pictures: everything that may be kept is kept, everything else is asked for. */
const RECIPES: Readonly<Record<FrontCacheName, Recipe>> = {
  nginx: {
    file: 'nginx.conf',
    configuration: ({ folder, port, upstreamPort }) => `
      daemon off; pid ${folder}/pid; error_log ${folder}/log; worker_processes 1; ${isRoot ? 'user root;' : ''}
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        proxy_cache_path ${folder}/kept levels=1:2 keys_zone=pictures:8m max_size=64m use_temp_path=off;
        upstream likeness { server 127.0.0.1:${upstreamPort}; keepalive 16; }
        server {
          listen 127.0.0.1:${port};
          client_max_body_size 16m;
          location / {
            proxy_pass http://likeness; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
            proxy_cache pictures; proxy_cache_revalidate on; proxy_cache_lock on; proxy_cache_background_update on;
            proxy_cache_use_stale updating error timeout;
            add_header X-Cache $upstream_cache_status always;
          }
        }
      }`,
    command: (_place, file) => [join(root(), 'usr/sbin/nginx'), '-c', file, '-e', 'stderr'],
  },
  varnish: {
    file: 'default.vcl',
    configuration: ({ upstreamPort }) => `vcl 4.1;
      backend likeness { .host = "127.0.0.1"; .port = "${upstreamPort}"; }
      sub vcl_deliver { if (obj.hits > 0) { set resp.http.X-Cache = "HIT"; } else { set resp.http.X-Cache = "MISS"; } }\n`,
    command: ({ folder, port }, file) => [
      ...[join(root(), 'usr/sbin/varnishd'), '-F', '-j', 'none', '-n', join(folder, 'work'), '-f', file, '-a', `127.0.0.1:${port}`, '-T', 'none', '-s', 'malloc,64m'],
      ...['-p', 'thread_pool_min=5', '-p', `vmod_path=${join(root(), 'usr/lib/x86_64-linux-gnu/varnish/vmods')}`],
    ],
  },
  squid: {
    file: 'squid.conf',
    configuration: ({ folder, port, upstreamPort }) => `
http_port 127.0.0.1:${port} accel defaultsite=likeness.test no-vhost
cache_peer 127.0.0.1 parent ${upstreamPort} 0 no-query originserver login=PASSTHRU name=likeness
never_direct allow all
http_access allow all
collapsed_forwarding on
cache_mem 64 MB
access_log none
cache_log ${folder}/log
cache_store_log none
pid_filename ${folder}/pid
coredump_dir ${folder}
mime_table ${folder}/mime.conf
error_directory ${folder}/errors/templates
icon_directory ${folder}/icons
unlinkd_program ${root()}/usr/lib/squid/unlinkd
logfile_daemon ${root()}/usr/lib/squid/log_file_daemon
pinger_enable off
netdb_filename none
visible_hostname squid.test
shutdown_lifetime 0 seconds
${isRoot ? 'cache_effective_user nobody' : ''}
`,
    command: (_place, file) => [join(root(), 'usr/sbin/squid'), '-N', '-f', file, '-n', `likeness${process.pid}`],
  },
};

/** nginx, Varnish or Squid from the unpacked packages, in front of `upstreamPort`. */
export class FrontCache {
  private words = '';

  private constructor(
    readonly name: FrontCacheName,
    private readonly place: Place,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream!.on('data', (chunk: Buffer) => (this.words += chunk.toString('utf8')));
  }

  static async start(name: FrontCacheName, upstreamPort: number): Promise<FrontCache> {
    const folder = await mkdtemp(join(tmpdir(), `likeness-${name}-`));
    await chmod(folder, 0o777); // Squid gives up root
    if (name === 'squid') await cp(join(root(), 'usr/share/squid'), folder, { recursive: true, dereference: true });
    if (name === 'varnish') await mkdir(join(folder, 'work'));
    const place = { folder, port: await freePort(), upstreamPort };
    const recipe = RECIPES[name];
    const file = join(folder, recipe.file);
    await writeFile(file, recipe.configuration(place));
    const [program, ...args] = recipe.command(place, file);
    const env = { ...process.env, NODE_OPTIONS: '', LD_LIBRARY_PATH: required('TEST_CACHES_LIB') };
    const cache = new FrontCache(name, place, spawn('setpriv', ['--pdeathsig=KILL', '--', program!, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    await cache.answers();
    return cache;
  }

  get url(): string {
    return `http://127.0.0.1:${this.place.port}`;
  }

  async stop(): Promise<void> {
    await endChild(this.child, 'SIGTERM', 5_000);
    await rm(this.place.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline && this.child.exitCode === null; await sleep(50)) {
      const answer = await plainFetch(`${this.url}/health/live`).catch(() => null);
      if (answer?.status === 200) return;
    }
    await this.stop();
    throw new Error(`${this.name} does not start: ${this.words}`);
  }
}
