import type { BridgeView, Devnet, OperationView, RunningNode } from '../../../node-core/index.ts';
import { sats } from '../../../node-core/index.ts';
import { bitcoinRpc, eventually } from '../../support/devnet.ts';

export function bridgeViewOf(node: RunningNode): BridgeView | undefined {
  return node.system.view('BridgeActor') as BridgeView | undefined;
}

export const operationOf = (node: RunningNode, id: string): OperationView | undefined =>
  bridgeViewOf(node)?.operations.find((operation) => operation.id === id);

/** The user pays the federation; gives the id of the operation that this begins. */
export async function deposit(devnet: Devnet, amountSats: bigint): Promise<string> {
  const { txid } = await devnet.user.bitcoin.deposit(
    devnet.federationAddress,
    sats(amountSats),
    devnet.user.account.address,
  );
  return `peg-in:${txid}:0`;
}

interface Output {
  readonly value: number;
  readonly scriptPubKey: { readonly address?: string };
}

/** Waits by raw Bitcoin RPC for confirmed outputs that pay `address`, apart from those of `before`; gives their amounts. */
export async function confirmedPayments(
  devnet: Devnet,
  address: string,
): Promise<readonly { readonly txid: string; readonly amountSats: bigint }[]> {
  const height = await bitcoinRpc<number>(devnet, 'getblockcount');
  const found: { txid: string; amountSats: bigint }[] = [];
  for (let at = 1; at <= height; at++) {
    const hash = await bitcoinRpc<string>(devnet, 'getblockhash', at);
    const block = await bitcoinRpc<{
      readonly tx: readonly { readonly txid: string; readonly vout: readonly Output[] }[];
    }>(devnet, 'getblock', hash, 2);
    for (const { txid, vout } of block.tx) {
      for (const { value, scriptPubKey } of vout) {
        if (scriptPubKey.address === address) found.push({ txid, amountSats: BigInt(Math.round(value * 1e8)) });
      }
    }
  }
  return found;
}

export const balanceArrives = (look: () => Promise<bigint>, least: bigint): Promise<bigint> =>
  eventually('the balance', async () => {
    const balance = await look();
    return balance >= least ? balance : null;
  });
