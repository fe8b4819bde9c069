export class Page {
  constructor(path: string, text: string);
  readonly path: string;
  readonly anchors: ReadonlySet<string>;
}
