/** The bridge's names among the store's values. */
export const BITCOIN_KEY = 'bridge.bitcoin';
export const LEDGER_KEY = 'bridge.ledger';
export const ALARM_KEY = 'bridge.alarm';
export const UPDATE_KEY = 'bridge.federationUpdate';
