/** Best first. */
export const ENCODINGS = ['br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The first of `offered` that `Accept-Encoding` takes (RFC 9110 §12.5.3); null: as it is, which everybody takes. */
export const acceptedEncoding = (header: string | undefined, offered: readonly Encoding[]): Encoding | null => {
  const weights = new Map((header ?? '').split(',').map(weightOf));
  return offered.find((name) => (weights.get(name) ?? weights.get('*') ?? 0) > 0) ?? null;
};

const weightOf = (item: string): [name: string, weight: number] => {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
};
