import type { Operation } from './operation.js';

/** The comment of a handler is its description, and the first sentence of that its summary. */
export const summarise = (operation: Operation): void => {
  const text = operation.summary?.replace(/\s+/g, ' ').trim();
  if (!text) return;
  operation.description = text;
  operation.summary = text.split(/(?<=[.?!])\s+(?=[A-Z`])/)[0]!.replace(/\.$/, '');
};
