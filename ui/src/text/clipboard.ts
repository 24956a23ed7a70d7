/** Puts text on the clipboard; answers whether that went well. */
export const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

/** Puts a picture on the clipboard; answers whether that went well: not every window can. */
export const copyPicture = async (picture: Blob): Promise<boolean> => {
  try {
    await navigator.clipboard.write([new ClipboardItem({ [picture.type]: picture })]);
    return true;
  } catch {
    return false;
  }
};
