export const JSON_TYPE = 'application/json; charset=utf-8';

interface Written {
  readonly text: string;
  readonly byteLength: number;
}

const written = new WeakMap<object, Written>();

/** A body that does not change for as long as it is the same object is written out once (figures: bench/README.md). */
export const writtenOnce = (body: object): Written => {
  let known = written.get(body);
  if (known === undefined) {
    const text = JSON.stringify(body);
    written.set(body, (known = { text, byteLength: Buffer.byteLength(text) }));
  }
  return known;
};
