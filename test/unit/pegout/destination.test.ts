import { address, networks, payments } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import { checkDestination } from '../../../node-core/domain/pegout/destination.ts';
import { federationAddress } from '../../../node-core/domain/federation/address.ts';
import { federation } from '../../support/bridge/books.ts';
import { PAYEE, PAYEE_SCRIPT } from '../../support/bridge/bridge-world.ts';

const hash = new Uint8Array(20).fill(7);
const network = networks.regtest;
const scripts = new Set([federation.scriptPubKey]);
const key = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

describe('a destination', () => {
  it.each([
    ['P2PKH', payments.p2pkh({ hash, network }).address, `76a914${'07'.repeat(20)}88ac`],
    ['P2SH', payments.p2sh({ hash, network }).address, `a914${'07'.repeat(20)}87`],
    ['P2WPKH', PAYEE, PAYEE_SCRIPT],
    ['P2WPKH in capitals', PAYEE.toUpperCase(), PAYEE_SCRIPT],
    ['P2WSH', payments.p2wsh({ hash: new Uint8Array(32).fill(7), network }).address, `0020${'07'.repeat(32)}`],
    ['P2TR', payments.p2tr({ pubkey: Buffer.from(key, 'hex'), network }).address, `5120${key}`],
  ])('is paid: %s', (_, text = '', script) => {
    expect(checkDestination(text, network, scripts)).toEqual({ ok: true, value: script });
  });

  it.each([
    ['of Bitcoin itself (INV-6)', payments.p2wpkh({ hash, network: networks.bitcoin }).address],
    ['of testnet (INV-6)', payments.p2wpkh({ hash, network: networks.testnet }).address],
    ['with a wrong checksum', `${PAYEE.slice(0, -1)}q`],
    ['in mixed case', `B${PAYEE.slice(1)}`],
    ['of a later witness version', address.toBech32(hash, 2, network.bech32)],
    ['with a space', ` ${PAYEE}`],
    ['empty', ''],
    ['that is an Alys address', `0x${'a1'.repeat(20)}`],
    ['that is longer than any address', 'b'.repeat(2000)],
    ['with bytes that were no UTF-8', 'bcrt1q\u{fffd}'],
  ])('is refused: an address %s', (_, text = '') => {
    expect(checkDestination(text, network, scripts)).toMatchObject({
      ok: false,
      refusal: { code: 'DESTINATION_UNREADABLE' },
    });
  });

  it("is refused when it is the federation's own", () => {
    const own = federationAddress(federation, network);
    expect(checkDestination(own, network, scripts)).toMatchObject({
      ok: false,
      refusal: { code: 'DESTINATION_IS_FEDERATION' },
    });
  });

  it('is quoted without control characters, and not at length', () => {
    const checked = checkDestination(`\u001b[31m${'x'.repeat(500)}`, network, scripts);
    const reason = checked.ok ? '' : checked.refusal.reason;
    expect(reason).not.toContain('\u001b');
    expect(reason.length).toBeLessThan(200);
  });
});
