// The official's own key, for signing decisions and catalogues: in this page's memory alone, never stored, forgotten after a while without use.
import { hex, type Bytes } from '@common/bytes.ts';
import { signCms } from '@common/cms.ts';
import { JinduError } from '@common/errors.ts';
import type { Identity } from '@common/identity.ts';
import { openPkcs12 } from '@common/pkcs12.ts';
import { computed, shallowRef } from 'vue';
import { me } from './session.ts';

export const idleMinutesMax = 30;
const fileBytesMax = 1024 * 1024;

const held = shallowRef<Identity>();
let timer: ReturnType<typeof setTimeout> | undefined;

export const keyHolder = computed(() => held.value && { name: held.value.certificate.commonName, until: held.value.certificate.notAfter, serial: held.value.certificate.serialHex });

export function forgetKey(): void {
  clearTimeout(timer);
  held.value = undefined;
}

function used(): void {
  clearTimeout(timer);
  timer = setTimeout(forgetKey, idleMinutesMax * 60_000);
}

// Refuses every key but that of the very certificate that opened the connection, as the service would.
// Codes pkcs12.*, key.*, certificate.*; keyring.other_person, keyring.expired, keyring.too_large.
export async function loadKey(file: Blob, passphrase: string): Promise<void> {
  if (file.size > fileBytesMax) throw new JinduError('keyring.too_large', 'a key file has at most 1 MiB');
  const identity = await openPkcs12(new Uint8Array(await file.arrayBuffer()), passphrase);
  if (hex(identity.certificate.fingerprint) !== me.value?.fingerprint) throw new JinduError('keyring.other_person', `the key is of ${identity.certificate.commonName}`);
  if (identity.certificate.notAfter.getTime() < Date.now()) throw new JinduError('keyring.expired', 'the certificate has expired');
  held.value = identity;
  used();
}

// A detached CMS signature over exactly these bytes.
export async function signWithKey(content: Uint8Array): Promise<Bytes> {
  if (!held.value) throw new JinduError('keyring.no_key', 'no key is loaded');
  used();
  return signCms(content, held.value);
}
