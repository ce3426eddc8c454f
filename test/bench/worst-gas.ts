import { EvmChain, addressOf, testEvm } from '../support/evm-chain.ts';
import { GAS_LOADS } from '../support/gas-loads.ts';

/**
 * `node test/bench/worst-gas.ts [--gas N] [NAME…]`: what a unit of gas costs at worst, load by load, each in a block that
 * is built (and so executed, hashed and sealed) by the embedded EVM. Prints a Markdown table, slowest first: nanoseconds of
 * this thread a unit of gas (so that what else the machine does counts for little), millions of gas a second, and for how
 * long the event loop stood still.
 */
const args = process.argv.slice(2);
const at = args.indexOf('--gas');
const gas = at < 0 ? 10_000_000 : Number(args.splice(at, 2)[1]);
const chosen = GAS_LOADS.filter(({ name }) => args.length === 0 || args.some((each) => name.includes(each)));

const rows: { readonly name: string; readonly nsPerGas: number; readonly stallMs: number }[] = [];
for (const load of chosen) {
  const evm = await testEvm();
  await evm.reconfigure('{"pool":{"maxTransactionGas":30000000}}');
  const chain = await EvmChain.on(evm);
  await chain.block({ withdrawals: [chain.mint(addressOf(0), 100_000_000_000n)] });
  let nonce = 0;
  for (const data of load.before ?? []) {
    await chain.send(0, { data, nonce: nonce++, gasLimit: 25_000_000n });
    await chain.block();
  }
  await chain.send(0, { data: load.code, nonce, gasLimit: BigInt(gas) });
  const request = chain.request({ timeBudgetMs: 600_000 });
  let stallMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    stallMs = Math.max(stallMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 1);
  // The first run warms the compiler up: what counts is the best of the later ones.
  let bestMs = Infinity;
  let gasUsed = 0n;
  for (let run = 0; run < 3; run++) {
    const before = process.threadCpuUsage();
    ({ gasUsed } = await evm.build(request));
    const { user, system } = process.threadCpuUsage(before);
    bestMs = Math.min(bestMs, (user + system) / 1000);
    if (bestMs > 8000) break;
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(timer);
  rows.push({ name: load.name, nsPerGas: (bestMs * 1e6) / Number(gasUsed), stallMs });
  process.stderr.write(`${load.name}: ${gasUsed} gas in ${bestMs.toFixed(0)} ms\n`);
}

rows.sort((a, b) => b.nsPerGas - a.nsPerGas);
console.log('| load | ns a gas | Mgas/s | longest stall, ms |');
console.log('| --- | ---: | ---: | ---: |');
for (const { name, nsPerGas, stallMs } of rows) {
  console.log(`| ${name} | ${nsPerGas.toFixed(0)} | ${(1000 / nsPerGas).toFixed(1)} | ${stallMs.toFixed(0)} |`);
}
process.exit(0);
