// Somebody with a key and a certificate of his own, made by the openssl program.
import { Certificate } from '@common/certificate.ts';
import { type Identity, identityFrom } from '@common/identity.ts';
import { issue, newRoot, openssl, read, temporaryDirectory } from '../../../common/web/test/support.ts';
import type { Account } from '../src/service.ts';

export interface Person {
  readonly account: Account;
  readonly key: Identity;
}
export interface People {
  // `subject`: of the certificate, as openssl takes it.
  person(name: string, subject: string, account: Omit<Account, 'id'>): Promise<Person>;
  certificate(name: string): Uint8Array;
}

export function people(): People {
  const folder = temporaryDirectory();
  newRoot(folder);
  return {
    async person(name, subject, account) {
      issue(folder, name, { subject });
      const key = await identityFrom(read(folder, `${name}.pkcs8`), await Certificate.fromDer(read(folder, `${name}.der`)));
      return { account: { id: crypto.randomUUID(), ...account }, key };
    },
    certificate(name) {
      issue(folder, name);
      openssl(folder, 'x509', '-in', `${name}.pem`, '-noout');
      return read(folder, `${name}.der`);
    },
  };
}
