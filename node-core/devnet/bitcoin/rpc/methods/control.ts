import { bytesToBareHex } from '../../../../primitives/hex.ts';
import { INCREMENTAL_RELAY_FEE_SATS_PER_KVB, MIN_RELAY_FEE_SATS_PER_KVB } from '../../mempool/policy.ts';
import { scriptOfAddress } from '../../script/address.ts';
import { classifyOutput, witnessProgram } from '../../script/standard.ts';
import type { Arguments } from '../arguments.ts';
import type { RpcMethods } from '../method.ts';
import { type Json, btc } from '../render.ts';

/** The version of Bitcoin Core whose answers these are. */
const CORE_VERSION = 280_000;
const PROTOCOL_VERSION = 70_016;

export const controlMethods: RpcMethods = {
  getnetworkinfo: {
    params: [],
    handle: () => ({
      version: CORE_VERSION,
      subversion: '/AlysRegtest:28.0.0/',
      protocolversion: PROTOCOL_VERSION,
      localservices: '0000000000000000',
      localservicesnames: [],
      localrelay: false,
      timeoffset: 0,
      networkactive: false,
      connections: 0,
      connections_in: 0,
      connections_out: 0,
      networks: [],
      relayfee: btc(MIN_RELAY_FEE_SATS_PER_KVB),
      incrementalfee: btc(INCREMENTAL_RELAY_FEE_SATS_PER_KVB),
      localaddresses: [],
      warnings: [],
    }),
  },
  getindexinfo: {
    params: ['index_name'],
    handle(args, { node }) {
      if (args.has('index_name') && args.text('index_name') !== 'txindex') return {};
      return { txindex: { synced: true, best_block_height: node.chain.tip.height } };
    },
  },
  validateaddress: { params: ['address'], handle: validateAddress },
  uptime: {
    params: [],
    handle: (_args, { nowMs, startedAtMs }) => Math.floor((nowMs() - startedAtMs) / 1000),
  },
  ping: { params: [], handle: () => null },
};

function validateAddress(args: Arguments): Json {
  const address = args.text('address');
  const script = scriptOfAddress(address);
  if (script === null) {
    return { isvalid: false, error_locations: [], error: 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.' };
  }
  const program = witnessProgram(script);
  const type = classifyOutput(script);
  return {
    isvalid: true,
    address,
    scriptPubKey: bytesToBareHex(script),
    isscript: type === 'scripthash' || type === 'witness_v0_scripthash' || type === 'witness_v1_taproot',
    iswitness: program !== null,
    ...(program === null ? {} : { witness_version: program.version, witness_program: bytesToBareHex(program.bytes) }),
  };
}
