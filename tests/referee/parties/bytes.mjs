// Hex on the line, bytes in the library.

/** The bytes of a hex string. */
export const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));

/** The hex string of bytes. */
export const hex = (array) => Buffer.from(array).toString('hex');
