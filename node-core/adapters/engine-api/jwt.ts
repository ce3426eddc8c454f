import { createHmac } from 'node:crypto';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = base64url({ alg: 'HS256', typ: 'JWT' });

/** A token for one request. The other side accepts it for 60 s around its own clock. Source: Engine API, "Authentication". */
export function engineToken(secret: Uint8Array, nowMs: number): string {
  const claims = `${HEADER}.${base64url({ iat: Math.floor(nowMs / 1000) })}`;
  return `${claims}.${createHmac('sha256', secret).update(claims).digest('base64url')}`;
}
