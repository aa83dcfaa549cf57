// Hands bytes to the person as a file.
import type { Bytes } from '@common/bytes.ts';

export function download(bytes: Bytes, name: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  // The browser has read it long before.
  setTimeout(() => URL.revokeObjectURL(link.href), 120_000);
}
