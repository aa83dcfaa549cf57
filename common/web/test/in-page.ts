// What tests/browser/vectors.ts asks of a page: texts in, texts out.
import { base64, concat, hex, random, utf8 } from '@common/bytes.ts';
import { newFileKey, newSalt } from '@common/seal.ts';
import { sealInWorker } from '@common/seal-client.ts';
import { makeVectors, written } from './make-vectors.ts';
import { type KeyFile, needsRevocationLists, readKeyring, readVectors, tryVector } from './vector.ts';

const keyring = (text: string) => readKeyring(JSON.parse(text) as KeyFile);

export const jindu = {
  async tryFile(keyText: string, fileText: string) {
    const keys = await keyring(keyText);
    const file = readVectors(utf8(fileText));
    const answers = [];
    for (const vector of file.vectors) if (!needsRevocationLists(vector)) answers.push({ name: vector.name, ...(await tryVector(keys, file, vector)) });
    return answers;
  },

  async make(keyText: string) {
    const decoder = new TextDecoder();
    return Object.fromEntries(Object.entries(await makeVectors(await keyring(keyText))).map(([name, file]) => [name, decoder.decode(written(file))]));
  },

  // A file of 8 MiB and some bytes, read from the worker as an upload does; as a vector.
  async sealInWorker() {
    const size = 8 * 1024 * 1024 + 5;
    const file = new Blob(Array.from({ length: 128 }, () => random(65_536)).concat([random(5)]));
    const key = { fileKey: newFileKey(), salt: newSalt() };
    const binding = 'material/a/b';
    const source = await sealInWorker(file, binding, key);
    const parts = [];
    for (let at = 0; at < source.size; at += 1_000_003) parts.push(await source.range(at, 1_000_003));
    const { sha256 } = await source.digests();
    await source.end();
    const vector = { name: 'worker', kind: 'seal', bytes: base64(concat(...parts)), file_key: hex(key.fileKey), binding, expect: { size, sha256 } };
    return { vector: new TextDecoder().decode(written({ about: 'Sealed in a worker.', made_by: 'TypeScript', vectors: [vector] })), megabytes: size / 1024 / 1024 };
  },
};

Object.assign(globalThis, { jindu });
