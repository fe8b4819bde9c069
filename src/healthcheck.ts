/** For the container's HEALTHCHECK, which has no shell: exits 0 when the service on this machine says that it is ready. */
const given = (name: string): string | undefined => process.env[name]?.trim() || undefined;

const host = given('HOST') ?? '127.0.0.1';
const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;

try {
  const response = await fetch(`http://${address}:${given('PORT') ?? '3000'}/health/ready`, { signal: AbortSignal.timeout(4_000) });
  if (!response.ok) process.stderr.write(`${await response.text()}\n`);
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}
