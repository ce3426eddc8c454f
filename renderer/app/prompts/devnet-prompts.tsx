import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog, Field } from '../../components/dialog.tsx';
import { btcText, countText, parseBtc, satText, shorten, weiToSatText } from '../../components/format.ts';
import { useTopic } from '../../stores/live.ts';
import { perform } from '../interventions.ts';

interface PromptProps {
  readonly onClose: () => void;
}

function AmountField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const sats = parseBtc(value);
  return (
    <Field
      label="Amount in BTC"
      hint={sats === null ? null : `${satText(sats)} sat`}
      error={sats === null ? 'An amount above zero with at most eight decimals.' : null}
    >
      <input
        className="input mono"
        inputMode="decimal"
        value={value}
        aria-invalid={sats === null}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}

export function DepositPrompt({ onClose }: PromptProps) {
  const wallets = useTopic('devnet', {});
  const [amount, setAmount] = useState('0.05');
  const sats = parseBtc(amount);
  return (
    <Dialog title="Make a deposit" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (sats === null) return;
          void perform('devnet.deposit', { amountSats: sats }, ({ txid }) => `Deposit sent: ${shorten(txid)}`);
          onClose();
        }}
      >
        <p className="secondary">
          The devnet’s Bitcoin wallet ({wallets ? `${btcText(wallets.bitcoinBalanceSats)} BTC` : '…'}) pays the
          federation; after its confirmations and the members’ votes the amount is minted to{' '}
          {wallets ? <code>{shorten(wallets.evmAddress)}</code> : 'the devnet’s account'}.
        </p>
        <AmountField value={amount} onChange={setAmount} />
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit kind="primary" disabled={sats === null}>
            Deposit
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

export function BurnPrompt({ onClose }: PromptProps) {
  const wallets = useTopic('devnet', {});
  const [amount, setAmount] = useState('0.02');
  const [destination, setDestination] = useState('');
  const sats = parseBtc(amount);
  const to = destination.trim();
  return (
    <Dialog title="Burn and withdraw" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (sats === null) return;
          void perform(
            'devnet.burn',
            to === '' ? { amountSats: sats } : { amountSats: sats, destination: to },
            ({ evmTxHash }) => `Burn sent: ${shorten(evmTxHash)}`,
          );
          onClose();
        }}
      >
        <p className="secondary">
          The devnet’s account ({wallets ? `${btcText(weiToSatText(wallets.evmBalanceWei))} BTC` : '…'} on Alys) calls
          the bridge contract; once final, the federation signs a payment of the amount less its fee share.
        </p>
        <AmountField value={amount} onChange={setAmount} />
        <Field label="Bitcoin address" hint="Empty: a fresh address of the devnet’s wallet.">
          <input
            className="input mono"
            value={destination}
            spellCheck={false}
            maxLength={100}
            onChange={({ target }) => setDestination(target.value)}
          />
        </Field>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit kind="primary" disabled={sats === null}>
            Burn
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

export function MinePrompt({ onClose }: PromptProps) {
  const [blocks, setBlocks] = useState('1');
  const count = /^\d{1,3}$/.test(blocks.trim()) ? Number(blocks) : 0;
  const valid = count >= 1 && count <= 100;
  return (
    <Dialog title="Mine Bitcoin blocks" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void perform('devnet.mine', { blocks: count }, ({ height }) => `Bitcoin is at ${countText(height)}.`);
          onClose();
        }}
      >
        <Field label="Blocks" error={valid ? null : 'A whole number from 1 to 100.'}>
          <input
            className="input mono"
            inputMode="numeric"
            value={blocks}
            aria-invalid={!valid}
            onChange={({ target }) => setBlocks(target.value)}
          />
        </Field>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit kind="primary" disabled={!valid}>
            Mine
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
