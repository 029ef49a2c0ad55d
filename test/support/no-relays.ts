/** Ports of a session in which nobody carries requests for others. */
export const noRelays = {
  requests: {
    sign: () => Promise.reject(new Error('there is nobody to carry it')),
    certificateFault: () => undefined,
  },
  nearest: () => [],
};
