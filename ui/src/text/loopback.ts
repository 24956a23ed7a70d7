/** Whether a relay's address leads to this very computer, so that no other one can reach it. */
export const isLoopback = (relay: string): boolean => {
  const host = URL.parse(relay)?.hostname ?? '';
  return host === '[::1]' || /^127(\.\d+){3}$/.test(host) || /^(.+\.)?localhost$/.test(host);
};
