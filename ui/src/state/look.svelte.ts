export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

/** What the window remembers by itself, beside the language: the engine has no use for it. */
interface Look {
  density: Density;
  moreContrast: boolean;
}

const KEPT_AS = 'sotto-look';
const plain: Look = { density: 'comfortable', moreContrast: false };

/** How close things stand, and how strongly they are set apart. */
export class LookStore {
  #look = $state.raw<Look>(kept());

  constructor() {
    // Another window of the app, or the demo's strip, changed it.
    globalThis.addEventListener?.('storage', ({ key }) => {
      if (key === KEPT_AS) this.#look = kept();
    });
  }

  get density(): Density {
    return this.#look.density;
  }

  get moreContrast(): boolean {
    return this.#look.moreContrast;
  }

  change(part: Partial<Look>): void {
    keep(part);
  }
}

/** Remembers a look for the next start. */
export const keep = (look: Partial<Look>): void => {
  const newValue = JSON.stringify({ ...kept(), ...look });
  localStorage.setItem(KEPT_AS, newValue);
  // The system tells the other windows only.
  window.dispatchEvent(new StorageEvent('storage', { key: KEPT_AS, newValue }));
};

/** The look remembered; whatever is not one of ours counts as not remembered. */
export const kept = (): Look => {
  try {
    const { density, moreContrast } = JSON.parse(localStorage.getItem(KEPT_AS) ?? '{}') as Partial<Look>;
    return {
      density: densities.find((known) => known === density) ?? plain.density,
      moreContrast: moreContrast === true,
    };
  } catch {
    return plain;
  }
};
