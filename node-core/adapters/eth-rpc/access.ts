import type { IncomingMessage } from 'node:http';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** Browser extensions are where wallets live; a page can't pretend to be one. */
const WALLET_SCHEMES = ['chrome-extension:', 'moz-extension:', 'safari-web-extension:'];

/**
 * Whether a request may be answered. The Host header must name this server, or a page could reach it through a name of
 * its own that resolves to it (DNS rebinding). The Origin, which browsers alone send, must be allowed: loopback pages and
 * wallet extensions are, besides those configured.
 */
export function isAllowed(request: IncomingMessage, serverHost: string, allowedOrigins: readonly string[]): boolean {
  const { host, origin } = request.headers;
  const hostName = host === undefined ? null : hostNameOf(`http://${host}`);
  if (hostName === null || ![...LOOPBACK, serverHost].includes(hostName)) return false;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  if (WALLET_SCHEMES.some((scheme) => origin.startsWith(`${scheme}//`))) return true;
  const originHost = hostNameOf(origin);
  return originHost !== null && /^https?:\/\//.test(origin) && LOOPBACK.includes(originHost);
}

function hostNameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}
