import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyFile, type Keyring, needsRevocationLists, readKeyring, readVectors, tryVector } from './vector.ts';

// The tests run in the build tree, where the sources are linked in; the vectors lie in the tree itself.
const folder = [resolve('../../proto/vectors'), resolve('proto/vectors')].find((path) => existsSync(join(path, 'keys.json')))!;
let keys: Keyring;
beforeAll(async () => {
  keys = await readKeyring(JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as KeyFile);
});

describe.each(['.', 'typescript'])('vectors in %s', (where) => {
  const files = readdirSync(join(folder, where)).filter((name) => name.endsWith('.json') && name !== 'keys.json');
  it.each(files)('%s: each opens, or is refused by its code', async (name) => {
    const file = readVectors(readFileSync(join(folder, where, name)));
    const tried = file.vectors.filter((vector) => !needsRevocationLists(vector));
    expect(tried.length).toBeGreaterThan(0);
    for (const vector of tried) {
      const { got, expected } = await tryVector(keys, file, vector);
      expect(got, vector.name).toBe(expected);
    }
  });
});
