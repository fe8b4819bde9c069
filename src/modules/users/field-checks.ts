import { requestInvalid, type FieldFault } from '../../kernel/errors/index.js';
import type { Checked } from './user-fields.js';

/** Collects the faults of all fields, so that a client hears of them at once. */
export class FieldChecks {
  private readonly faults: FieldFault[] = [];

  /** The checked value; undefined when the field was left out, or is wrong. */
  take<R, T>(field: string, raw: R | undefined, check: (raw: R) => Checked<T>): T | undefined {
    if (raw === undefined) return undefined;
    const checked = check(raw);
    if ('value' in checked) return checked.value;
    this.faults.push({ field, ...checked.fault });
    return undefined;
  }

  add(faults: readonly FieldFault[]): void {
    this.faults.push(...faults);
  }

  /** Throws 400 `request.invalid` if anything was wrong. */
  done(): void {
    if (this.faults.length > 0) throw requestInvalid(this.faults);
  }
}
