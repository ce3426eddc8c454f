import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const equal = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/**
 * One token opens one session, once; the session then lives in a cookie that scripts can't read, so that a reload
 * keeps it and a link that leaks later opens nothing. Both end with the process.
 */
export class SessionGate {
  readonly token = randomBytes(TOKEN_BYTES).toString('base64url');
  readonly #session = randomBytes(TOKEN_BYTES).toString('base64url');
  readonly #cookieName: string;
  #used = false;

  /** Cookies don't tell ports apart, so the name does. */
  constructor(port: number) {
    this.#cookieName = `alys-console-${port}`;
  }

  /** The `Set-Cookie` header for the first bearer of the token; null for anyone else. */
  open(token: string): string | null {
    if (this.#used || !equal(token, this.token)) return null;
    this.#used = true;
    return `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** Whether a request's `Cookie` header carries the session. */
  admits(cookieHeader: string | undefined): boolean {
    const prefix = `${this.#cookieName}=`;
    return (cookieHeader ?? '').split(';').some((part) => {
      const cookie = part.trim();
      return cookie.startsWith(prefix) && equal(cookie.slice(prefix.length), this.#session);
    });
  }
}
