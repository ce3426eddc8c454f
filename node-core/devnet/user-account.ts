import { Contract, JsonRpcProvider, Wallet, toUtf8Bytes } from 'ethers';
import type { Network } from '../config/network.ts';
import { type EvmAddress, evmAddress, type EvmTxHash, evmTxHash } from '../primitives/ids.ts';
import { type Sats, satsToWei, type Wei, wei } from '../primitives/units.ts';

const BRIDGE_ABI = ['function requestPegOut(bytes bitcoinAddress) payable'];

/** The devnet user's account on Alys: an ordinary ethers wallet at a node's wallet endpoint. */
export class UserAccount {
  readonly #wallet: Wallet;
  readonly #network: Network;
  readonly #rpcUrl: () => string;
  /** One transaction after another, so that nonces follow each other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(secretHex: string, network: Network, rpcUrl: () => string) {
    this.#wallet = new Wallet(`0x${secretHex}`);
    this.#network = network;
    this.#rpcUrl = rpcUrl;
  }

  get address(): EvmAddress {
    return evmAddress(this.#wallet.address);
  }

  async balanceWei(): Promise<Wei> {
    return this.#withProvider(async (provider) => wei(await provider.getBalance(this.address)));
  }

  /** Sends `requestPegOut` with the amount; resolves when the node has taken the transaction. */
  burn(amountSats: Sats, destination: string): Promise<EvmTxHash> {
    const sent = this.#queue.then(() =>
      this.#withProvider(async (provider) => {
        const bridge = new Contract(this.#network.bridge.address, BRIDGE_ABI, this.#wallet.connect(provider));
        const request = bridge.getFunction('requestPegOut');
        const { hash } = (await request(toUtf8Bytes(destination), { value: satsToWei(amountSats) })) as {
          readonly hash: string;
        };
        return evmTxHash(hash);
      }),
    );
    this.#queue = sent.catch(() => undefined);
    return sent;
  }

  async #withProvider<T>(use: (provider: JsonRpcProvider) => Promise<T>): Promise<T> {
    const provider = new JsonRpcProvider(this.#rpcUrl(), this.#network.chainId, { staticNetwork: true });
    try {
      return await use(provider);
    } finally {
      provider.destroy();
    }
  }
}
