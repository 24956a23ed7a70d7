import type { Snippet } from '../../api/generated';

export interface Piece {
  text: string;
  found: boolean;
}

/** A snippet cut into what was looked for and what is around it. */
export const pieces = ({ text, matches }: Snippet): Piece[] => {
  const cut: Piece[] = [];
  let end = 0;
  for (const match of matches) {
    cut.push({ text: text.slice(end, match.start), found: false });
    cut.push({ text: text.slice(match.start, match.end), found: true });
    end = match.end;
  }
  cut.push({ text: text.slice(end), found: false });
  return cut.filter((piece) => piece.text !== '');
};
