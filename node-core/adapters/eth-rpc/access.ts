import type { IncomingMessage } from 'node:http';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** Browser extensions are where wallets live; a page can't pretend to be one. */
const WALLET_SCHEMES = ['chrome-extension:', 'moz-extension:', 'safari-web-extension:'];

/** Who may ask besides programs and pages of this machine. */
export interface Access {
  /** What the server listens on. */
  readonly host: string;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

/**
 * Whether a request may be answered. The Host header must name this server, or a page could reach it through a name of
 * its own that resolves to it (DNS rebinding). The Origin, which browsers alone send, must be allowed: loopback pages and
 * wallet extensions are, besides those configured.
 */
export function isAllowed(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { host, allowedHosts = [], allowedOrigins = [] }: Access,
): boolean {
  const asked = headers.host === undefined ? null : hostNameOf(`http://${headers.host}`);
  if (asked === null || ![...LOOPBACK, host, ...allowedHosts].includes(asked)) return false;
  const { origin } = headers;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  if (WALLET_SCHEMES.some((scheme) => origin.startsWith(`${scheme}//`))) return true;
  const originHost = hostNameOf(origin);
  return originHost !== null && /^https?:\/\//.test(origin) && LOOPBACK.includes(originHost);
}

function hostNameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}
