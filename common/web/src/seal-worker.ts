// Runs beside the page: seals and hashes files, and derives keys from passwords, so that the page stays quick. Spoken to by seal-client.ts alone.
import { codeOf } from './errors.ts';
import { keysOfPassword, type PasswordParameters } from './keys.ts';
import { type MaterialKey, SealedFile } from './material.ts';

export type Ask =
  | { readonly task: 'start'; readonly material: number; readonly file: Blob; readonly binding: string; readonly key: MaterialKey }
  | { readonly task: 'range'; readonly material: number; readonly offset: number; readonly length: number }
  | { readonly task: 'digests'; readonly material: number }
  | { readonly task: 'end'; readonly material: number }
  | { readonly task: 'password'; readonly password: string; readonly parameters: PasswordParameters };
export interface Question {
  readonly id: number;
  readonly ask: Ask;
}
export type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly code: string; readonly detail: string; readonly field: string | undefined };

const files = new Map<number, SealedFile>();

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.task) {
    case 'start': {
      const file = await SealedFile.start(ask.file, ask.binding, ask.key);
      files.set(ask.material, file);
      return file.size;
    }
    case 'range':
      return known(ask.material).range(ask.offset, ask.length);
    case 'digests':
      return known(ask.material).digests();
    case 'end':
      files.delete(ask.material);
      return undefined;
    case 'password':
      return keysOfPassword(ask.password, ask.parameters);
  }
}

function known(material: number): SealedFile {
  const file = files.get(material);
  if (!file) throw new RangeError('this material was not started');
  return file;
}

// What the page's window types do not tell of a worker's own scope.
const scope = globalThis as unknown as { onmessage: ((event: MessageEvent<Question>) => void) | null; postMessage(message: Reply, transfer?: Transferable[]): void };

scope.onmessage = async ({ data: { id, ask } }) => {
  try {
    const result = await answer(ask);
    scope.postMessage({ id, result }, result instanceof Uint8Array ? [result.buffer] : []);
  } catch (error) {
    const { message = String(error), field } = error as { message?: string; field?: string };
    scope.postMessage({ id, code: codeOf(error), detail: message, field });
  }
};
