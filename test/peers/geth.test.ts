import { executionContract } from '../conformance/execution/execution-contract.ts';
import { TEST_NETWORK, testEvm } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';

executionContract('geth', async () => {
  const geth = await Geth.start(TEST_NETWORK);
  const genesis = await (await testEvm()).genesis();
  return { client: geth.engine(genesis), stop: () => geth.stop() };
});
