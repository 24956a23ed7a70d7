import type { OwnCard } from '../api/generated';

const MODULE = 6;
const QUIET = 4;
const MARGIN = 24;
const LINE = 26;

/** A picture of a card: its code, and below it what people read. Dark on white: that is what scanners expect. */
export const cardImage = async (card: OwnCard, name: string): Promise<Blob | null> => {
  const side = (card.qr.size + 2 * QUIET) * MODULE;
  const key = card.fingerprint.match(/.{1,32}/g) ?? [];
  const lines = [name, ...key.map((half) => (half.match(/.{4}/g) ?? []).join(' '))];
  const width = Math.max(side, 520) + 2 * MARGIN;
  const canvas = Object.assign(document.createElement('canvas'), {
    width,
    height: side + 2 * MARGIN + lines.length * LINE,
  });
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#16130f';
  const left = (width - card.qr.size * MODULE) / 2;
  card.qr.rows.forEach((row, y) => {
    [...row].forEach((module, x) => {
      if (module === '1') {
        context.fillRect(left + x * MODULE, MARGIN + (y + QUIET) * MODULE, MODULE, MODULE);
      }
    });
  });
  context.textAlign = 'center';
  lines.forEach((line, at) => {
    context.font = at === 0 ? '600 20px sans-serif' : '16px monospace';
    context.fillText(line, width / 2, MARGIN + side + at * LINE + 12, width - MARGIN);
  });
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
};
