// What `npm start` and others show while they build: on a terminal one line that is alive, elsewhere a line for each step.
const REDRAW_MS = 200;

const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;

export class BuildProgress {
  /** In the order in which they were announced: `{name, startedAt, tookMs}`. */
  #steps;
  #out;
  #clock;
  #timer;

  /** `names` are all steps that will be taken. `out` is a stream, such as `process.stdout`. */
  constructor(names, { out = process.stdout, clock = () => performance.now() } = {}) {
    this.#steps = names.map((name) => ({ name }));
    this.#out = out;
    this.#clock = clock;
    if (!out.isTTY) return void out.write(`Building what has changed (${names.join(', ')})…\n`);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
    this.#draw();
  }

  /** Steps may overlap. What `work` throws is thrown. */
  async step(name, work) {
    const step = this.#steps.find((each) => each.name === name);
    step.startedAt = this.#clock();
    this.#draw();
    const result = await work();
    step.tookMs = this.#clock() - step.startedAt;
    if (this.#out.isTTY) this.#draw();
    else this.#out.write(`  ${name}: done after ${seconds(step.tookMs)} (${this.#steps.filter(({ tookMs }) => tookMs !== undefined).length} of ${this.#steps.length})\n`);
    return result;
  }

  /** After the last step, or when one has failed: what is written next begins on a line of its own. */
  end() {
    clearInterval(this.#timer);
    if (!this.#out.isTTY) return;
    this.#draw();
    this.#out.write('\n');
  }

  #draw() {
    if (!this.#out.isTTY) return;
    const words = this.#steps.map(({ name, startedAt, tookMs }) => {
      if (tookMs !== undefined) return `${name} ✓ ${Math.round(tookMs / 1_000)} s`;
      return startedAt === undefined ? name : `${name} ${Math.floor((this.#clock() - startedAt) / 1_000)} s…`;
    });
    // The line is written over: back to its begin, and cleared to its end.
    this.#out.write(`\r\u001b[K${`Building: ${words.join(', ')}`.slice(0, (this.#out.columns || 80) - 1)}`);
  }
}
