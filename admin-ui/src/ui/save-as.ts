/** Hands a file to the browser's own way of saving it. */
export function saveAs(name: string, content: ArrayBuffer, type = 'application/octet-stream'): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
