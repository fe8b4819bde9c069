/** A fact on its way to another instance. */
export interface EventEnvelope {
  /** The instance that delivers it. */
  readonly from: string;
  readonly name: string;
  readonly payload: unknown;
}

const FORM = 1;
const MAX_LENGTH = 65_536;

export const encodeEnvelope = ({ from, name, payload }: EventEnvelope): string => JSON.stringify({ form: FORM, from, name, payload });

/** Null for whatever is not a fact of this form: another release, or somebody else on the channel. */
export function decodeEnvelope(text: string): EventEnvelope | null {
  if (text.length > MAX_LENGTH) return null;
  try {
    const { form, from, name, payload } = JSON.parse(text) as Record<string, unknown>;
    const isWhole = form === FORM && typeof from === 'string' && typeof name === 'string' && typeof payload === 'object' && payload !== null;
    return isWhole ? { from, name, payload } : null;
  } catch {
    return null;
  }
}
