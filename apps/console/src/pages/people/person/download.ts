/** Lets the browser save data as a JSON file. */
export function download(name: string, data: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // the download has begun with the click, and reads the data soon after
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
