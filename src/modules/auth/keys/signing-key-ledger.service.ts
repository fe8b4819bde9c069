import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { AuditLog } from '../../../kernel/audit/index.js';
import { EventBus } from '../../../kernel/events/index.js';
import { generatePkcs8, keyPairFromPkcs8, type SigningKeyFacts } from './signing-key.js';
import { SigningKeyRepository, type KeyLedger } from './signing-key.repository.js';
import { keyNotFound, keyPending, keysAreGiven } from './signing-keys.errors.js';

declare module '../../../kernel/events/event-map.js' {
  interface EventMap {
    'signing-keys.changed': Record<string, never>;
  }
}

const DAY_MS = 86_400_000;

/** Makes, schedules and withdraws signing keys: exactly once, however many instances and operators are at it. */
@Injectable()
export class SigningKeyLedger {
  constructor(
    private readonly repository: SigningKeyRepository,
    private readonly events: EventBus,
    private readonly audit: AuditLog,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  all(): Promise<readonly SigningKeyFacts[]> {
    return this.repository.all();
  }

  /** At start: the operator's keys are entered, and where none can sign, one is made. */
  async ensureSigning(): Promise<void> {
    await this.repository.locked(async (ledger) => {
      const known = new Map(ledger.keys.map((key) => [key.kid, key]));
      for (const pair of this.repository.givenPairs.filter(({ kid }) => !known.has(kid))) {
        await ledger.add(pair, null, this.delayOf(ledger));
      }
      if (this.repository.givenPairs.length > 0) return;
      const canSign = this.ofOurs(ledger).some(({ state, isKeptHere }) => isKeptHere && (state === 'active' || state === 'pending'));
      if (!canSign) await this.make(ledger, this.delayOf(ledger));
    });
  }

  /** Whether another key is due at this moment, as far as these keys show; `rotateIfDue` asks again under the lock. */
  isDue(youngestActiveFrom: Date, now: Date): boolean {
    const { keyRotationDays, keyLeadSeconds } = this.config.tokens;
    if (keyRotationDays === null || this.repository.givenPairs.length > 0) return false;
    return youngestActiveFrom.getTime() + keyRotationDays * DAY_MS - keyLeadSeconds * 1000 <= now.getTime();
  }

  /** Schedules the next key when its time has come. True when this call did. */
  async rotateIfDue(): Promise<boolean> {
    const isRotated = await this.repository.locked(
      async (ledger) => {
        const youngest = this.ofOurs(ledger)[0];
        if (youngest && !this.isDue(youngest.activeFrom, ledger.now)) return false;
        await this.rotateIn(ledger);
        return true;
      },
      { isPatient: false },
    );
    if (isRotated) this.events.hasten();
    return isRotated ?? false;
  }

  /** Schedules the next key now. Throws 409 `keys.pending` when one waits already, `keys.given` when the operator gives the keys. */
  async rotate(): Promise<SigningKeyFacts> {
    if (this.repository.givenPairs.length > 0) throw keysAreGiven();
    const kid = await this.repository.locked(async (ledger) => {
      if (this.ofOurs(ledger).some(({ state }) => state === 'pending')) throw keyPending();
      return this.rotateIn(ledger);
    });
    return this.changed(kid);
  }

  /**
   * In an emergency: nothing this key signed is accepted any more, from the moment at which an instance reads the keys anew.
   * When it was the one that signs, the pending one or a new one signs at once. Throws 404 `keys.not_found`.
   */
  async withdraw(kid: string): Promise<SigningKeyFacts> {
    await this.repository.locked(async (ledger) => {
      const key = ledger.keys.find((candidate) => candidate.kid === kid);
      if (!key) throw keyNotFound();
      if (key.state === 'withdrawn') return;
      await ledger.withdraw(kid);
      await this.tell(ledger);
      await this.audit.record(ledger.manager, { action: 'signing_key.withdrawn', subjectId: null, details: { kid } });
      if (key.state === 'active') await this.succeed(ledger, kid);
    });
    return this.changed(kid);
  }

  private async rotateIn(ledger: KeyLedger): Promise<string> {
    const kid = await this.make(ledger, this.config.tokens.keyLeadSeconds);
    await this.audit.record(ledger.manager, { action: 'signing_key.rotated', subjectId: null, details: { kid } });
    return kid;
  }

  private async succeed(ledger: KeyLedger, kid: string): Promise<void> {
    const next = this.ofOurs(ledger).findLast((key) => key.kid !== kid && key.state === 'pending');
    if (next) await ledger.activateNow(next.kid);
    else if (this.repository.givenPairs.length === 0) await this.make(ledger, 0);
  }

  /** A key that others do not know yet does not sign, unless there is no other. */
  private delayOf(ledger: KeyLedger): number {
    return this.ofOurs(ledger).some(({ state }) => state === 'active') ? this.config.tokens.keyLeadSeconds : 0;
  }

  private async make(ledger: KeyLedger, activeInSeconds: number): Promise<string> {
    for (const { kid } of ledger.keys.filter(({ state }) => state === 'gone')) await ledger.erasePrivateHalf(kid);
    const pkcs8 = await generatePkcs8(this.repository.algorithm);
    const pair = keyPairFromPkcs8(pkcs8, this.repository.algorithm);
    await ledger.add(pair, pkcs8, activeInSeconds);
    await this.tell(ledger);
    return pair.kid;
  }

  private async tell({ manager }: KeyLedger): Promise<void> {
    await this.events.record(manager, 'signing-keys.changed', {});
  }

  /** Of the algorithm that signs and not withdrawn, youngest first. */
  private ofOurs({ keys }: KeyLedger): KeyLedger['keys'] {
    return keys.filter(({ algorithm, state }) => algorithm === this.repository.algorithm && state !== 'withdrawn');
  }

  private async changed(kid: string): Promise<SigningKeyFacts> {
    this.events.hasten();
    return (await this.all()).find((key) => key.kid === kid)!;
  }
}
