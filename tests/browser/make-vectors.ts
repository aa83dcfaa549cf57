// Writes proto/vectors/typescript anew, with the keys of proto/vectors/keys.json: common/web/build run make-vectors [FOLDER]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeVectors, written } from '../../common/web/test/make-vectors.ts';
import { type KeyFile, readKeyring } from '../../common/web/test/vector.ts';

const vectors = resolve('../../proto/vectors');
const folder = resolve(process.argv[2] ?? join(vectors, 'typescript'));
const keys = await readKeyring(JSON.parse(readFileSync(join(vectors, 'keys.json'), 'utf8')) as KeyFile);
mkdirSync(folder, { recursive: true });
for (const [name, file] of Object.entries(await makeVectors(keys))) {
  writeFileSync(join(folder, name), written(file));
  console.log(`${name}: ${file.vectors.length} vectors`);
}
