interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What `npm start` and others show while they build. */
export class BuildProgress {
  constructor(names: readonly string[], options?: { readonly out?: Out; readonly clock?: () => number });
  step<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  end(): void;
}
