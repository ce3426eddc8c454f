import { authoritySetAt } from '../domain/consensus/schedule.ts';
import { ServiceError } from '../primitives/errors.ts';
import { blockHeight } from '../primitives/ids.ts';
import type { ConsoleSource, DevnetControls } from '../read-model/console-source.ts';
import type { Devnet } from './create-devnet.ts';

const MAX_MINED_AT_ONCE = 100;

/** The first node of a devnet, with the buttons that only a devnet has. */
export function devnetConsoleSource(devnet: Devnet, version: string): ConsoleSource {
  const [host] = devnet.hosts;
  if (host === undefined) throw new ServiceError('NO_NODE', 'a devnet has a node');
  const { network } = devnet.identity;
  const { user } = devnet;
  const controls: DevnetControls = {
    async deposit(amountSats) {
      const { txid } = await user.bitcoin.deposit(devnet.federationAddress, amountSats, user.account.address);
      return { txid };
    },
    async burn(amountSats, destination) {
      return { evmTxHash: await user.account.burn(amountSats, destination ?? user.bitcoin.address) };
    },
    async mine(blocks) {
      if (!Number.isInteger(blocks) || blocks < 1 || blocks > MAX_MINED_AT_ONCE) {
        throw new ServiceError('BLOCK_COUNT', `mine 1 to ${MAX_MINED_AT_ONCE} blocks at once`);
      }
      devnet.bitcoin.mine(blocks, devnet.minerAddress);
      return { height: devnet.bitcoin.chain.tip.height };
    },
    setLinks: (links) => devnet.setLinks(links),
    async wallets() {
      const [bitcoinBalanceSats, evmBalanceWei] = await Promise.all([
        user.bitcoin.balanceSats(),
        user.account.balanceWei(),
      ]);
      return {
        bitcoinAddress: user.bitcoin.address,
        bitcoinBalanceSats,
        evmAddress: user.account.address,
        evmBalanceWei,
        nodes: devnet.identity.nodes.map(({ name }) => name),
        links: devnet.links(),
      };
    },
  };
  return {
    nodeName: host.name,
    networkName: network.name,
    chainId: network.chainId,
    version,
    dataDir: devnet.dataDir,
    publicConfig: { network },
    authorityNames: (height) => authoritySetAt(network.authorities, blockHeight(height)).map(({ name }) => name),
    node: () => host.node(),
    failure: () => host.failure(),
    controls: host.controls,
    devnet: controls,
    close: () => devnet.close(),
  };
}
