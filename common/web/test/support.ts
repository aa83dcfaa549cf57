// Keys for tests: made by the openssl program below a directory of the test's own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Bytes, plain } from '@common/bytes.ts';
import { codeOf } from '@common/errors.ts';

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'jindu-web-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  return directory;
}

// Runs openssl in `directory`; its output, or an error that says what it said.
export function openssl(directory: string, ...args: string[]): Buffer {
  return execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

export const read = (directory: string, name: string): Bytes => plain(new Uint8Array(readFileSync(join(directory, name))));
export const write = (directory: string, name: string, content: Uint8Array | string): void => writeFileSync(join(directory, name), content);

export type KeyKind = 'ec' | 'rsa';
export function newKey(directory: string, name: string, kind: KeyKind): void {
  const options = kind === 'ec' ? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  openssl(directory, 'genpkey', ...options, '-out', `${name}.key`);
  openssl(directory, 'pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'DER', '-out', `${name}.pkcs8`);
  openssl(directory, 'pkey', '-in', `${name}.key`, '-pubout', '-outform', 'DER', '-out', `${name}.spki`);
}

const extensions = `
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[person]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,nonRepudiation,keyAgreement,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
`;

export function newRoot(directory: string, name = 'root', kind: KeyKind = 'ec'): void {
  newKey(directory, name, kind);
  write(directory, 'extensions.cnf', `[req]\ndistinguished_name=dn\n[dn]\n${extensions}`);
  openssl(directory, 'req', '-x509', '-new', '-utf8', '-key', `${name}.key`, '-subj', `/C=CN/O=测试/CN=${name}`, '-days', '30', '-sha256',
    '-config', 'extensions.cnf', '-extensions', 'ca', '-out', `${name}.pem`);
  openssl(directory, 'x509', '-in', `${name}.pem`, '-outform', 'DER', '-out', `${name}.der`);
}

export interface Issued {
  issuer?: string;
  profile?: 'ca' | 'person';
  subject?: string;
  days?: number;
  kind?: KeyKind;
}
// NAME.key, NAME.pkcs8, NAME.pem and NAME.der.
export function issue(directory: string, name: string, { issuer = 'root', profile = 'person', subject = `/C=CN/CN=${name}`, days = 30, kind = 'ec' }: Issued = {}): void {
  newKey(directory, name, kind);
  openssl(directory, 'req', '-new', '-utf8', '-key', `${name}.key`, '-subj', subject, '-config', 'extensions.cnf', '-out', `${name}.csr`);
  openssl(directory, 'x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', String(days), '-sha256',
    '-extfile', 'extensions.cnf', '-extensions', profile, '-out', `${name}.pem`);
  openssl(directory, 'x509', '-in', `${name}.pem`, '-outform', 'DER', '-out', `${name}.der`);
}

// The code of the error with which `work` ends, or 'nothing'.
export async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'nothing';
  } catch (error) {
    return codeOf(error);
  }
}
