const MARKER = /mk\d{5}km/gi;
/** Of the blocks for documentation (RFC 5737, RFC 3849): nothing here has such an address, except in X-Forwarded-For. */
const MARKED_ADDRESS = /\b(?:203\.0\.113|198\.51\.100)\.\d{1,3}\b|\b2001:db8:[\da-f:]+/gi;
const SECRET_FIELDS = new Set([
  'accessToken', 'access_token', 'refreshToken', 'refresh_token', 'secret', 'key', 'signature', 'previousSecret', 'email', 'pendingEmail', 'username', 'displayName', 'deviceName', 'userAgent',
]); // prettier-ignore

/** Words that stand nowhere but where they were put, and what the service itself gave away as secret or personal. */
export class Markers {
  private readonly places: string[] = [];
  private readonly given = new Map<string, string>();

  /** `mk00042km`: lower case and short, so that a user name keeps it and an excerpt of a few characters shows it whole. */
  at(place: string): string {
    this.places.push(place);
    return `mk${String(this.places.length - 1).padStart(5, '0')}km`;
  }

  address(): string {
    return `203.0.113.${1 + (this.places.length % 250)}`;
  }

  /** A secret of the service's own making. Of what is long its end will do: tokens begin alike. */
  keep(secret: string, place: string): void {
    if (secret.length >= 12) this.given.set(secret.slice(-24), place);
  }

  /** Every secret in an answer. */
  keepAll(value: unknown, place: string): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) {
      if (typeof item === 'string' && SECRET_FIELDS.has(name)) this.keep(item, `${name} in the answer to ${place}`);
      else this.keepAll(item, place);
    }
  }

  get count(): number {
    return this.places.length + this.given.size;
  }

  /** Where what stands in `text` was put, each place once, with the line that it stands in. */
  foundIn(text: string): string[] {
    const found = new Map<string, string>();
    for (const line of text.split('\n')) {
      for (const [word] of line.matchAll(MARKER)) found.set(this.places[Number(word.slice(2, 7))] ?? word, line);
      for (const [address] of line.matchAll(MARKED_ADDRESS)) found.set(`the address ${address}`, line);
      for (const [secret, place] of this.given) if (line.includes(secret)) found.set(place, line);
    }
    return [...found].map(([place, line]) => `${place} — ${line.slice(0, 600)}`);
  }
}
