/** Has the web view save what the page has made. */
export const download = (made: Blob, name: string): void => {
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(made),
    download: name,
  });
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
