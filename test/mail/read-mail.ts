/** A message as its reader sees it. */
export interface ReadMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: ReadonlyMap<string, string>;
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** As much of MIME (RFC 2045–2047) as our own mails have. `raw` in latin1, so that bytes stay bytes. */
export function readMail(raw: string): ReadMail {
  const whole = partOf(raw);
  const boundary = /boundary="([^"]+)"/.exec(whole.headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw new Error(`not a multipart message: ${whole.headers.get('content-type')}`);
  const parts = whole.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => partOf(part.replace(/^\r\n/, '').replace(/\r\n$/, '')));
  const contentOf = (type: string): string => decoded(parts.find(({ headers }) => headers.get('content-type')?.startsWith(type))!);
  return {
    headers: whole.headers,
    from: words(whole.headers.get('from')!),
    to: words(whole.headers.get('to')!),
    subject: words(whole.headers.get('subject')!),
    text: contentOf('text/plain'),
    html: contentOf('text/html'),
  };
}

const partOf = (raw: string): Part => {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { headers, body: raw.slice(end + 4) };
};

const decoded = ({ headers, body }: Part): string => {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return lines(Buffer.from(body, 'base64').toString('utf8'));
  if (encoding === 'quoted-printable') return lines(quotedPrintable(body.replaceAll(/=\r\n/g, '')));
  const text = Buffer.from(body, 'latin1').toString('utf8');
  return lines(/format=flowed/.test(headers.get('content-type') ?? '') ? text.replaceAll(/ \r\n/g, ' ') : text);
};

const lines = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();

const quotedPrintable = (text: string): string =>
  Buffer.from(text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');

/** Encoded words (RFC 2047); the space between two of them is none. */
const words = (header: string): string =>
  header
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString('utf8') : quotedPrintable(text.replaceAll('_', ' ')),
    );
