import { describe, expect, it } from 'vitest';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import { flatSettings } from '../../../node-core/domain/execution/settings.ts';
import { changeOf, fieldText, parseField, readableValue } from '../../../renderer/views/chain/settings-edits.ts';
import { sectionName, sectionOf, settingName } from '../../../renderer/views/chain/settings-texts.ts';
import { words } from '../../../renderer/components/format.ts';

const setting = (path: string, value: string | number | boolean | null) => ({ path, value, changed: null });

describe('an execution setting on the screen', () => {
  it('reads back as it stands, whatever its kind', () => {
    for (const [path, value] of [...flatSettings(DEFAULT_EXECUTION_CONFIG), ['isOn', true] as const])
      expect(parseField(setting(path, value), fieldText(value))).toBe(value);
  });

  it('takes a number for a number, nothing for none, and leaves text to the client', () => {
    const bytes = setting('pool.maxBytes', 7);
    expect(parseField(bytes, ' 12 ')).toBe(12);
    expect(parseField(bytes, '')).toBeNull();
    for (const text of ['many', '1.5', '1e9', '0x10', '9'.repeat(16)]) expect(parseField(bytes, text)).toBeUndefined();
    expect(parseField(setting('minTipWei', '1'), 'lots')).toBe('lots');
    expect(parseField(setting('minTipWei', '1'), ' ')).toBeUndefined();
    expect(parseField(setting('isOn', true), 'maybe')).toBeUndefined();
  });

  it('goes to the node in its section', () => {
    const edits = [
      { setting: setting('minTipWei', '1'), value: '5' },
      { setting: setting('pool.maxBytes', 1), value: 2 },
      { setting: setting('pool.maxPerAccount', 1), value: 3 },
      { setting: setting('gasLimitTarget', 1), value: null },
    ];
    expect(changeOf(edits)).toBe('{"minTipWei":"5","pool":{"maxBytes":2,"maxPerAccount":3},"gasLimitTarget":null}');
  });

  it('is shown in the unit that reads best', () => {
    expect(readableValue('minTipWei', '1000000')).toBe('0.001 gwei');
    expect(readableValue('minTipWei', '2000000001')).toBe('2.000000001 gwei');
    expect(readableValue('minTipWei', 'lots')).toBe('');
    expect(readableValue('pool.maxBytes', 67_108_864)).toBe('64 MiB');
    expect(readableValue('pool.maxTransactionBytes', 131_072)).toBe('128 KiB');
    expect(readableValue('rpc.callTimeoutMs', 1500)).toBe('1.5 s');
    expect(readableValue('rpc.filterIdleMs', 300_000)).toBe('5 min 0 s');
    expect(readableValue('pool.maxTransactionGas', 8_000_000)).toBe('8 000 000');
    expect(readableValue('gasLimitTarget', null)).toBe('');
  });

  it('has a name of its own when the embedded EVM has it, and goes by the client’s when not', () => {
    for (const path of flatSettings(DEFAULT_EXECUTION_CONFIG).keys()) {
      expect(settingName(path), path).not.toBe(words(path));
      expect(sectionName(sectionOf(path))).not.toBe(sectionOf(path));
    }
    expect(settingName('cache.maxBlocks')).toBe('cache.max blocks');
    expect(sectionName('cache')).toBe('cache');
  });
});
