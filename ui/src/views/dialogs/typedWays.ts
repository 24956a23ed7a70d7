import type { Me, VaultSlot } from '../../api/generated';

/** The ways in that something typed opens. */
export const typedWays = ({ vaultSlots }: Me): VaultSlot[] =>
  vaultSlots.filter((slot) => slot !== 'keychain');

/** Whether somebody who changes the ways in has to prove that the account is theirs. */
export const mustProve = ({ vaultSlots }: Me): boolean => vaultSlots.includes('passphrase');
