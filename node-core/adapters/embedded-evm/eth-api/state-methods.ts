import { bytesToHex, hexToBytes } from '../../../primitives/hex.ts';
import { type EthContext, type MethodTable, accountAt, requireBlock } from './context.ts';
import { toQuantity, toWord } from './json.ts';
import { address, blockChoice, word } from './params.ts';

/** Accounts as they are after a block. */
export function stateMethods(context: EthContext): MethodTable {
  const { view, pool } = context;
  return {
    eth_getBalance: ([who, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      return toQuantity(account?.balance ?? 0n);
    },
    eth_getTransactionCount: ([who, at]) => {
      const choice = blockChoice(at);
      if ('tag' in choice && choice.tag === 'pending') return toQuantity(pool.nextNonce(address(who, 'address')));
      const account = accountAt(context, requireBlock(context, choice), address(who, 'address'));
      return toQuantity(account?.nonce ?? 0n);
    },
    eth_getCode: ([who, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      return account === undefined ? '0x' : bytesToHex(view.code(account));
    },
    eth_getStorageAt: ([who, slot, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      const value = account === undefined ? new Uint8Array(0) : view.storage(account, hexToBytes(word(slot, 'slot')));
      return toWord(value.length === 0 ? 0n : BigInt(bytesToHex(value)));
    },
  };
}
