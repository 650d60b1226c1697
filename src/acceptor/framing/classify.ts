/**
 * What is to be done with the bytes a connection has received. Pure: a scan's verdict and sizes in,
 * one of five answers out.
 */
import { HEAD_INCOMPLETE, HEAD_NOT_SIMPLE, HEAD_TOO_LARGE, type HeadVerdict } from './framing.ts';

export interface SizeLimits {
  readonly maxBodyBytes: number;
  readonly inlineBodyBytes: number;
}

export type RequestKind = 'incomplete' | 'request' | 'connection' | 'head-too-large' | 'body-too-large';

/** `available` bytes are there; head and body would be `headEnd + contentLength`. A limit of 0 bodies is off for `maxBodyBytes`. */
export function classify(
  verdict: HeadVerdict,
  headEnd: number,
  contentLength: number,
  available: number,
  limits: SizeLimits,
): RequestKind {
  if (verdict === HEAD_INCOMPLETE) return 'incomplete';
  if (verdict === HEAD_TOO_LARGE) return 'head-too-large';
  if (verdict === HEAD_NOT_SIMPLE) return 'connection';
  if (contentLength > limits.maxBodyBytes && limits.maxBodyBytes !== 0) return 'body-too-large';
  if (contentLength > limits.inlineBodyBytes) return 'connection';
  return headEnd + contentLength > available ? 'incomplete' : 'request';
}
