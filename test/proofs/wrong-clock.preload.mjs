// Preloaded into a process of the service: its clock is wrong by CLOCK_OFFSET_MS, for all JavaScript in it.
const offsetMs = Number(process.env.CLOCK_OFFSET_MS);
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...args) {
    if (args.length === 0) super(RightDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RightDate.now() + offsetMs;
  }
};
