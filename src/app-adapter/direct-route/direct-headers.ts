/**
 * The headers of a reply, checked: names in lower case, one pair per line, without those that the
 * server writes itself. In comes what an app returned, out come pairs that can go on the wire.
 * Worker thread.
 */
import { createError } from '../../shared/errors/errors.ts';

export interface ReplyHeaders {
  /** Name, value, name, value ... */
  readonly pairs: string[];
  readonly hasDate: boolean;
  /** The app's own content-length, if it is a number: frames a stream, or tells HEAD. */
  readonly declaredLength: number | undefined;
  /** The app said `connection: close`. */
  readonly wantsClose: boolean;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 field values, in latin1. What else is in a string cannot be sent, or would end the line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;

/** Apps use few header names; more than this many are made of input and not worth remembering. */
const MAX_REMEMBERED_NAMES = 512;
const rememberedNames = new Map<string, string>();

/** Written by the server: they say how the reply is framed and what becomes of the connection. */
const isOurs = (name: string): boolean =>
  name === 'content-length' || name === 'connection' || name === 'transfer-encoding' || name === 'keep-alive';

export function readHeaders(headers: unknown): ReplyHeaders {
  const reader = new HeaderReader();
  if (headers === undefined || headers === null) return reader;
  if (typeof headers !== 'object') throw invalid('headers', 'an object or Headers', headers);
  if (isIterable(headers)) {
    for (const [name, value] of headers) reader.add(name, value);
  } else {
    const values = headers as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(values)) reader.add(name, values[name]);
  }
  return reader;
}

class HeaderReader implements ReplyHeaders {
  readonly pairs: string[] = [];
  hasDate = false;
  declaredLength: number | undefined = undefined;
  wantsClose = false;

  add(givenName: string, value: unknown): void {
    if (value === undefined) return;
    const name = checkName(givenName);
    if (Array.isArray(value)) {
      for (const element of value) this.#addLine(name, element);
    } else {
      this.#addLine(name, value);
    }
  }

  #addLine(name: string, value: unknown): void {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || !VALUE.test(text)) {
      throw invalid(`header \`${name}\``, 'text without CR, LF, controls or characters outside latin1', value);
    }
    if (isOurs(name)) {
      if (name === 'content-length' && LENGTH.test(text)) this.declaredLength = Number(text);
      if (name === 'connection' && text.toLowerCase() === 'close') this.wantsClose = true;
      return;
    }
    if (name === 'date') this.hasDate = true;
    this.pairs.push(name, text);
  }
}

function checkName(name: string): string {
  const remembered = rememberedNames.get(name);
  if (remembered !== undefined) return remembered;
  if (typeof name !== 'string' || !TOKEN.test(name)) throw invalid('header name', 'a token', name);
  const lowerCase = name.toLowerCase();
  if (rememberedNames.size < MAX_REMEMBERED_NAMES) rememberedNames.set(name, lowerCase);
  return lowerCase;
}

const invalid = (what: string, expected: string, got: unknown): Error =>
  createError('ROUTE_INVALID', { argument: `reply ${what}`, expected, got });

const isIterable = (headers: object): headers is Iterable<[string, unknown]> => Symbol.iterator in headers;
