import type {
  ApiError,
  AppState,
  ErrorCode,
  Me,
  NewRecoveryCode,
  Proof,
  RecoveryCodeCheck,
  RecoveryCodeReading,
  VaultSlot,
} from '../../api/generated';
import { alice, secretService, type World } from '../../fixtures/world';

const refuse = (code: ErrorCode): ApiError => ({ code, message: '' });

export const MIN_PASSPHRASE = 12;

/** The demo's recovery code is always this one; a group that is another one is mistyped. */
export const CODE = ['7K2QM', '0XV4T', 'P9DHB', '3WZ8C', 'M5RGE', '1FN6Y', 'QJ0S2', 'TAK7V'];
const ASKED = [2, 6];

const MINUTE = 60_000;

const plain = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
    .replace(/U/g, 'V')
    .replace(/[^0-9A-Z]/g, '');

export const readCode = (typed: string): RecoveryCodeReading => {
  const groups = plain(typed).match(/.{1,5}/g) ?? [];
  const mistyped = groups.flatMap((group, at) =>
    (group.length === 5 || at < groups.length - 1 ? CODE[at] === group : CODE[at]?.startsWith(group))
      ? []
      : [at],
  );
  return { groups: groups.length, mistyped, complete: plain(typed) === CODE.join('') };
};

/** The demo's vault and lock: any passphrase that is long enough is right. */
export class DemoKeys {
  readonly #world: World;
  readonly #changed: (app: AppState) => void;
  #me: Me;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(world: World, changed: (app: AppState) => void) {
    this.#world = world;
    this.#changed = changed;
    this.#me = world.app.stage === 'ready' ? world.app.me : alice;
  }

  unlock(proof: Proof): AppState {
    const { app } = this.#world;
    this.#prove(proof);
    const recovered = proof.kind === 'recoveryCode';
    const ways: VaultSlot[] = app.stage === 'locked' || app.stage === 'trouble' ? app.ways : [];
    const isCovered = app.stage === 'locked' && app.receiving;
    const had: VaultSlot[] = app.stage === 'trouble' || isCovered ? ['keychain', ...ways] : ways;
    this.active();
    return this.#enter({
      stage: 'ready',
      profile: 'default',
      me: { ...this.#me, vaultSlots: had, recovered },
    });
  }

  lock(): AppState {
    const me = this.#ready();
    if (!me.vaultSlots.includes('passphrase')) throw refuse('passphrase_needed');
    this.#me = me;
    const ways = me.vaultSlots.filter((slot) => slot !== 'keychain');
    return this.#enter({
      stage: 'locked',
      profile: 'default',
      keychain: secretService,
      ways,
      receiving: true,
    });
  }

  /** Somebody is at the window, or how long they may be away has changed. */
  active(): null {
    clearTimeout(this.#waiting);
    const minutes = this.#world.settings.lockAfterMinutes;
    if (minutes !== null) {
      this.#waiting = setTimeout(() => {
        if (this.#world.app.stage === 'ready') this.#changed(this.lock());
      }, minutes * MINUTE);
    }
    return null;
  }

  setPassphrase(passphrase: string, proof: Proof | null): Me {
    const me = this.#ready();
    if (passphrase.length < MIN_PASSPHRASE) throw refuse('weak_passphrase');
    if (!me.recovered) this.#prove(proof);
    return this.#keep({ recovered: false, vaultSlots: this.#with('passphrase') });
  }

  keepInKeychain(proof: Proof | null): Me {
    if (!this.#ready().vaultSlots.includes('keychain')) this.#prove(proof);
    return this.#keep({ vaultSlots: this.#with('keychain') });
  }

  remove(slot: VaultSlot, proof: Proof | null): Me {
    this.#prove(proof);
    const vaultSlots = this.#ready().vaultSlots.filter((one) => one !== slot);
    if (!vaultSlots.includes('keychain') && !vaultSlots.includes('passphrase')) throw refuse('last_way_in');
    if (slot === 'passphrase') this.#world.settings = { ...this.#world.settings, lockAfterMinutes: null };
    return this.#keep({ vaultSlots });
  }

  createCode(proof: Proof | null): NewRecoveryCode {
    this.#prove(proof);
    return { groups: CODE, asked: ASKED };
  }

  checkCode(typed: string[]): RecoveryCodeCheck {
    const groups = ASKED.filter((group, at) => CODE[group] !== plain(typed[at] ?? ''));
    if (groups.length > 0) return { kind: 'differs', groups };
    return { kind: 'kept', me: this.#keep({ vaultSlots: this.#with('recoveryCode') }) };
  }

  #prove(proof: Proof | null): void {
    const { app } = this.#world;
    if (proof?.kind === 'recoveryCode') {
      if (!readCode(proof.code).complete) throw refuse('mistyped_recovery_code');
    } else if (proof ? proof.passphrase.length < MIN_PASSPHRASE : this.#needsProof(app)) {
      throw refuse('wrong_passphrase');
    }
  }

  #needsProof(app: AppState): boolean {
    return app.stage !== 'ready' || app.me.vaultSlots.includes('passphrase');
  }

  #ready(): Me {
    const { app } = this.#world;
    if (app.stage !== 'ready') throw refuse('not_ready');
    return app.me;
  }

  #with(slot: VaultSlot): VaultSlot[] {
    const slots = new Set([...this.#ready().vaultSlots, slot]);
    return (['keychain', 'passphrase', 'recoveryCode'] as const).filter((one) => slots.has(one));
  }

  #keep(part: Partial<Me>): Me {
    const me = { ...this.#ready(), ...part };
    this.#enter({ stage: 'ready', profile: 'default', me });
    return me;
  }

  #enter(app: AppState): AppState {
    this.#world.app = app;
    return app;
  }
}
