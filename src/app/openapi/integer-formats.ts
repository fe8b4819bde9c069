const MAX_INT32 = 2_147_483_647;

/** Generators of typed languages take 32 bits for an integer unless told otherwise. */
export const addIntegerFormats = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) addIntegerFormats(part);
  const schema = value as { type?: unknown; format?: string; maximum?: number };
  if ([schema.type].flat().includes('integer')) schema.format ??= schema.maximum !== undefined && schema.maximum <= MAX_INT32 ? 'int32' : 'int64';
};
