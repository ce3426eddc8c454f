import { federationAddress } from '../../domain/federation/address.ts';
import type { Solvency } from '../../domain/utxo/solvency.ts';
import { confirmationsOf, tipOf } from '../../domain/utxo/view.ts';
import { bitcoinHeight } from '../../primitives/ids.ts';
import type { BridgeView, OperationView, SolvencyView } from '../../protocol/views.ts';
import { frozenReason } from './health.ts';
import type { BridgeActorState } from './state.ts';

const MAX_OPERATIONS = 500;

const solvencyView = (solvency: Solvency): SolvencyView => ({
  reserveSats: solvency.reserveSats.toString(),
  supplySats: solvency.supplySats.toString(),
  burnsUnpaidSats: solvency.burnsUnpaidSats.toString(),
  depositsUnmintedSats: solvency.depositsUnmintedSats.toString(),
  rejectedUnreturnedSats: solvency.rejectedUnreturnedSats.toString(),
  liabilitiesSats: solvency.liabilitiesSats.toString(),
  surplusSats: solvency.surplusSats.toString(),
  atBitcoinHeight: solvency.atBitcoinHeight,
  atBlockHeight: solvency.atBlockHeight,
});

/** Blocks go on over operations that are over. */
const withConfirmations = (operation: OperationView, { view }: BridgeActorState): OperationView =>
  operation.bitcoinHeight === null
    ? operation
    : { ...operation, confirmations: confirmationsOf(view, bitcoinHeight(operation.bitcoinHeight)) };

/** What the operator sees of the bridge. */
export function bridgeView(state: BridgeActorState): BridgeView {
  const { federation, tip, args } = state;
  const active = federation.rules.federations.get(federation.activeEpoch);
  const frozen = frozenReason(state);
  const operations: OperationView[] = [...state.operations.values(), ...state.finished.values()].map(({ view }) =>
    withConfirmations(view, state),
  );
  const operationsByState: Record<string, number> = {};
  for (const operation of operations)
    operationsByState[operation.state] = (operationsByState[operation.state] ?? 0) + 1;
  return {
    state: state.machine,
    bitcoinTip: tip === null ? null : { height: tip.height, hash: tip.hash },
    scannedHeight: state.searchAgainAt === null ? (tipOf(state.view)?.height ?? null) : state.searchAgainAt - 1,
    federationAddress: active === undefined ? '' : federationAddress(active, federation.rules.bitcoinNetwork),
    confirmationsRequired: args.network.bitcoin.depositConfirmations,
    frozen: frozen === null ? null : { reason: frozen },
    feeRateSatsPerVbyte: state.feeRateSatsPerVbyte,
    operationsByState,
    operations: operations.sort((a, b) => b.createdAtMs - a.createdAtMs).slice(0, MAX_OPERATIONS),
    solvency: state.solvency === null ? null : solvencyView(state.solvency),
  };
}
