import { testEvm } from '../../support/evm-chain.ts';
import { executionContract } from './execution-contract.ts';

executionContract('the embedded EVM', async () => ({ client: await testEvm(), stop: async () => undefined }));
