// Makes X.509 certificates for test servers: Node reads them, but makes none.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Pair {
  key: string;
  cert: string;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number) => der(0x02, Buffer.from([value]));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const nameOf = (commonName: string) =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
const time = (at: Date) => der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, '')));

/** The subject's other names, and that the certificate vouches for itself. */
function extensions(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    /^[0-9.]+$/.test(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  const alternative = sequence(oid('551d11'), der(0x04, sequence(...names)));
  const authority = sequence(
    oid('551d13'),
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  );
  return der(0xa3, sequence(alternative, authority));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function signed(toSign: Buffer, key: KeyObject): Buffer {
  const signature = sign('sha256', toSign, key);
  return sequence(toSign, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
}

/**
 * A key and a certificate that vouches for itself: trusted by whoever is told to trust it, and by nobody else.
 * @param hosts names and IPv4 addresses that it is for.
 */
export function certificateFor(
  hosts: readonly string[],
  { from = new Date(Date.now() - 3_600_000), to = new Date(Date.now() + 3_600_000) } = {},
): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf('gateway.test');
  const toSign = sequence(
    der(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(hosts),
  );
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(signed(toSign, privateKey)),
  };
}
