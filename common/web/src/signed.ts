// Statements by nodes, and receipts, which are such. docs/formats.md, "Signed statement" and "Receipt". The counterpart of common/evidence/signed.cpp.
import { ReceiptSchema, Rung } from '@proto/receipt_pb';
import { SignedSchema } from '@proto/signed_pb';
import { SubmissionReceiptSchema, type SubmissionReceipt } from '@proto/dossier_pb';
import { type Bytes, concat, equal, hex, plain, utf8 } from './bytes.ts';
import { Certificate, type Trust, verifyChain } from './certificate.ts';
import { JinduError } from './errors.ts';
import { rootByPath } from './merkle.ts';
import { decode, decodePerhapsNewer } from './messages.ts';

export const signedMax = 64 * 1024;
export const receiptType = 'jindu/receipt/v1';
export const submissionReceiptType = 'jindu/submission-receipt/v1';

export interface Statement {
  readonly body: Bytes;
  readonly signer: string; // Common Name
  readonly certificate: Certificate;
}

interface Read extends Statement {
  readonly signature: Bytes;
  readonly keyId: Bytes;
  readonly signed: Bytes | undefined; // what the signature is over; undefined: the path leads to no root
}

const together = 'jindu/signed-together/v1'; // never the type of a statement
const togetherMax = 65_536;

async function signedBytes(message: { type: string; body: Uint8Array; together: number; place: number; path: Uint8Array[] }): Promise<Bytes | undefined> {
  const nothing = new Uint8Array(1);
  if (message.together === 0) return concat(utf8(message.type), nothing, message.body);
  const root = await rootByPath(message.body, message.place, message.together, message.path);
  if (!root) return undefined;
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, message.together);
  return concat(utf8(together), nothing, utf8(message.type), nothing, count, root);
}

async function readSigned(encoded: Uint8Array, type: string): Promise<Read> {
  if (encoded.length > signedMax) throw new JinduError('signed.malformed', 'a statement has at most 64 KiB');
  const message = decode(SignedSchema, encoded, 'signed.malformed');
  if (message.type !== type) throw new JinduError('signed.type', `a statement of another type than ${type}`);
  if (message.type === together) throw new JinduError('signed.type', 'this is no type of a statement');
  const alone = message.together === 0;
  if (alone ? message.place !== 0 || message.path.length > 0 : message.together < 2 || message.together > togetherMax || message.place >= message.together)
    throw new JinduError('signed.malformed', 'its place among those signed together is impossible');
  if (message.path.some((hash) => hash.length !== 32)) throw new JinduError('signed.malformed', 'hashes have 32 bytes');
  const certificate = await Certificate.fromDer(message.certificate);
  return {
    body: plain(message.body), signer: certificate.commonName, certificate, signature: plain(message.signature), keyId: plain(message.signerKeyId), signed: await signedBytes(message),
  };
}

async function demand(read: Read, trust: Trust, at: Date, expectedSigner: string): Promise<void> {
  const { certificate, signer } = read;
  if (!equal(certificate.keyId, read.keyId)) throw new JinduError('signed.key_id', 'the certificate has another key than the statement names');
  if (!read.signed) throw new JinduError('signed.path', 'the path does not lead to a root');
  if (!(await certificate.publicKey.verify(read.signed, read.signature)))
    throw new JinduError('signed.signature', 'the signature does not hold');
  if (expectedSigner && signer !== expectedSigner) throw new JinduError('signed.signer', `signed by '${signer}', not by '${expectedSigner}'`);
  await verifyChain(certificate, trust, at);
}

// Codes: signed.malformed, .type, .key_id, .path, .signature, .signer; certificate.*.
export async function openSigned(encoded: Uint8Array, type: string, trust: Trust, at: Date, expectedSigner = ''): Promise<Statement> {
  const read = await readSigned(encoded, type);
  await demand(read, trust, at, expectedSigner);
  return read;
}

export interface Receipt {
  readonly bundle: string; // UUID
  readonly manifestDigest: Bytes;
  readonly rung: Rung;
  readonly party: string;
  readonly at: Date;
  readonly code: string;
  readonly detail: string;
}

export function uuidText(bytes: Uint8Array): string {
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

// A gateway's or a service's receipt of a bundle. The certificate had to be good when it was made, which is what the receipt itself proves.
export async function openReceipt(encoded: Uint8Array, trust: Trust): Promise<Receipt> {
  const read = await readSigned(encoded, receiptType);
  const message = decodePerhapsNewer(ReceiptSchema, read.body, 'receipt.malformed');
  const bad = (detail: string) => new JinduError('receipt.malformed', detail);
  if (message.version !== 1) throw bad('the version is not known');
  if (message.bundleId.length !== 16 || message.manifestDigest.length !== 32) throw bad('ids have 16 bytes, digests 32');
  if (message.rung < Rung.STORED || message.rung > Rung.EXPIRED) throw bad('the rung is not known');
  if (message.party !== read.signer) throw new JinduError('signed.signer', 'the party is not the signer');
  if (utf8(message.code).length > 100 || utf8(message.detail).length > 4_000) throw bad('code or detail is too long');
  const at = new Date(Number(message.atMs));
  await demand(read, trust, at, message.party);
  return { bundle: uuidText(message.bundleId), manifestDigest: plain(message.manifestDigest), rung: message.rung, party: message.party, at, code: message.code, detail: message.detail };
}

// The portal's answer to a submission, as of the time that it names.
export async function openSubmissionReceipt(encoded: Uint8Array, trust: Trust, portal = 'portal'): Promise<SubmissionReceipt> {
  const read = await readSigned(encoded, submissionReceiptType);
  const message = decode(SubmissionReceiptSchema, read.body, 'receipt.malformed');
  if (message.version !== 1 || message.statementSha256.length !== 32 || message.contentSha256.length !== 32)
    throw new JinduError('receipt.malformed', 'the version is not known, or a digest has not 32 bytes');
  await demand(read, trust, new Date(Number(message.receivedAtMs)), portal);
  return message;
}
