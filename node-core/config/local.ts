import { z } from 'zod';
import { supervisionSchema } from './supervision-settings.ts';

const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
const origin = z
  .string()
  .max(256)
  .refine(isOrigin, 'one origin as browsers send it: http or https, the host and no path, like https://wallet.example');

const isHostName = (text: string): boolean =>
  /^[a-z0-9.:[\]-]+$/.test(text) && URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text;
const hostName = z
  .string()
  .max(253)
  .refine(isHostName, 'one host name or address in lower case, without a port, like node.example');

/** What one node decides for itself. Nothing here is shared and nothing is secret. */
export const localSchema = z.strictObject({
  nodeName: z.string().min(1).max(64),
  bitcoin: z.strictObject({
    /** Without user and password: those are secrets. */
    url: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
    pollMs: z.number().int().min(100).max(60_000),
    requestTimeoutMs: z.number().int().min(100).max(600_000),
  }),
  governance: z.strictObject({
    address: z.string().min(1),
    requestTimeoutMs: z.number().int().min(100),
    heartbeatMs: z.number().int().min(100),
    /** Mutual TLS, required outside devnet: PEM file paths. */
    tls: z.strictObject({ caFile: z.string(), certificateFile: z.string(), keyFile: z.string() }).nullable(),
  }),
  network: z.strictObject({
    listen: z.array(z.string()).min(1),
    /** Multiaddresses of other federation nodes, with their peer ids. */
    bootstrap: z.array(z.string()),
  }),
  /** The EVM in the node's own process, or an execution client beside it over the Engine API. */
  execution: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('embedded') }),
    z.strictObject({
      kind: z.literal('engine'),
      engineUrl: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
      rpcUrl: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
      /** 32 bytes as hex, shared with the client; mode 0600. */
      jwtSecretFile: z.string().min(1),
      timeoutMs: z.number().int().min(100).max(600_000),
    }),
  ]),
  /** The wallet JSON-RPC. Programs and pages of this machine may ask it; others are named here. */
  rpc: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(0).max(65_535),
    /** Origins of pages that may ask, as browsers send them: `https://wallet.example`. */
    allowedOrigins: z.array(origin).max(64).default([]),
    /** Names under which the server is reached besides `host` and the loopback ones, in a request's Host header. */
    allowedHosts: z.array(hostName).max(64).default([]),
  }),
  /** Where the event record and the tree may be read from outside; null is off. */
  telemetry: z.strictObject({
    /** Prometheus text at `http://127.0.0.1:PORT/metrics`. */
    prometheusPort: z.number().int().min(1).max(65_535).nullable(),
    /** Of an OpenTelemetry collector: traces and metrics go to `v1/traces` and `v1/metrics` below it, by OTLP over HTTP. */
    otlpUrl: z.url({ protocol: /^https?$/, error: 'an http or https address' }).nullable(),
  }),
  /** How the actors are bounded, restarted and watched, where it differs from the defaults. */
  supervision: supervisionSchema.prefault({}),
  /** A rolling cap of what this node lets be paid out in a day; it fails closed. */
  payoutCapSatsPerDay: z.string().regex(/^\d{1,16}$/, 'a whole number of sat, as decimal text'),
});
export type LocalConfig = z.infer<typeof localSchema>;

/** Secrets, read from files of mode 0600 and never printed. */
export const secretSchema = z.strictObject({
  /** BLS secret key of this authority, or null for an observer: `0x` and 64 digits. */
  blsSecretKey: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, '0x and 64 lower-case hex digits, or null')
    .nullable(),
  /** libp2p private key, protobuf form, base64. */
  peerPrivateKey: z.string().min(1),
  bitcoinRpc: z.strictObject({ user: z.string(), password: z.string() }),
  governanceToken: z.string().nullable(),
});
export type Secrets = z.infer<typeof secretSchema>;
