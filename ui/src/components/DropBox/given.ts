/** What somebody handed over: words, or a picture that is still to be looked at. */
export type Given = { kind: 'text'; text: string } | { kind: 'picture'; picture: Blob };

/** A card is some hundred bytes and a mail some thousand; what is larger is neither. */
const MAX_TEXT = 256 * 1024;

/** The first thing of use in what was dropped, pasted or chosen; null if there is none. */
export const given = async (from: DataTransfer | FileList): Promise<Given | null> => {
  const files = 'files' in from ? from.files : from;
  const [file] = files;
  if (file) {
    if (file.type.startsWith('image/')) return { kind: 'picture', picture: file };
    return file.size <= MAX_TEXT ? { kind: 'text', text: await file.text() } : null;
  }
  const text = 'getData' in from ? from.getData('text/plain') : '';
  return text.trim() === '' ? null : { kind: 'text', text };
};
