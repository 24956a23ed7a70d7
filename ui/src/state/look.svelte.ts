export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

/** How many times as large the page can be shown. */
export const zooms = [0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;
export type Zoom = (typeof zooms)[number];

/** What the window remembers by itself, beside the language: the engine has no use for it. */
interface Look {
  density: Density;
  moreContrast: boolean;
  zoom: Zoom;
}

const KEPT_AS = 'sotto-look';
const plain: Look = { density: 'comfortable', moreContrast: false, zoom: 1 };

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

  get zoom(): Zoom {
    return this.#look.zoom;
  }

  /** One step larger (1), smaller (-1), or as it was at first (0). */
  step(by: -1 | 0 | 1): void {
    const next = by === 0 ? plain.zoom : zooms[zooms.indexOf(this.zoom) + by];
    if (next !== undefined) keep({ zoom: next });
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
    const { density, moreContrast, zoom } = JSON.parse(
      localStorage.getItem(KEPT_AS) ?? '{}',
    ) as Partial<Look>;
    return {
      density: densities.find((known) => known === density) ?? plain.density,
      moreContrast: moreContrast === true,
      zoom: zooms.find((known) => known === zoom) ?? plain.zoom,
    };
  } catch {
    return plain;
  }
};
