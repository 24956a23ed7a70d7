import type { Picture } from '../api/generated';

/** Enough to read a code by, and what is handed over stays within a few hundred kilobytes. */
const LONGEST_SIDE = 1000;

/** Rec. 601: how bright people see red, green and blue, in parts of 256. */
const RED = 77;
const GREEN = 150;
const BLUE = 29;

type Drawable = CanvasImageSource;

/** Shades of grey of what can be drawn, made smaller if it is large; null without a canvas. */
export const greysOf = (source: Drawable, width: number, height: number): Picture | null => {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  // What is transparent is paper.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, size.width, size.height);
  context.drawImage(source, 0, 0, size.width, size.height);
  return { ...size, greys: base64(grey(context.getImageData(0, 0, size.width, size.height).data)) };
};

/** The same of a picture file, which this machine may not be able to open: then null. */
export const greysOfFile = async (file: Blob): Promise<Picture | null> => {
  try {
    const bitmap = await createImageBitmap(file);
    return greysOf(bitmap, bitmap.width, bitmap.height);
  } catch {
    return null;
  }
};

export const grey = (pixels: Uint8ClampedArray): Uint8Array => {
  const greys = new Uint8Array(pixels.length / 4);
  for (let at = 0; at < greys.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at * 4, at * 4 + 3);
    greys[at] = (red * RED + green * GREEN + blue * BLUE) >> 8;
  }
  return greys;
};

export const base64 = (bytes: Uint8Array): string => {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(text);
};
