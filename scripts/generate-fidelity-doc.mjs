// Writes docs/fidelity.md from the lists of reasons that the tests hold, in build. With --check it
// writes nothing and fails if the file is not what they say.
import { readFileSync, writeFileSync } from 'node:fs';
import { REASONS } from '../build/test/helpers/conformance/reasons.js';
import { knownDifferences } from '../build/test/helpers/fidelity/known-differences.js';

const file = new URL('../docs/fidelity.md', import.meta.url);

const text = `# Compared with node:http

Two tests hold this server against plain \`node:http\` in the same Node: one compares \`req\` and \`res\`, event by event and byte by byte, over more than 145 scenarios; the other sends the same byte sequences to both. A difference that is not on this page, or one on this page that is no longer there, fails them. Their logs say how many were identical: \`npm test -- build/test/behaviour/fidelity.test.js build/test/behaviour/http-conformance.test.js\`.

Made from the lists of those tests by \`npm run docs\`.

## req and res

Requests reach a thread in two ways, see [Architecture](architecture.md#the-way-of-a-request). Where only one of them shows a difference, or only some versions of Node do, the line says so.

${knownDifferences.map((known) => `- ${known.reason}${where(known)}\n`).join('')}
## HTTP/1.1

The server is never looser than \`node:http\`. It is stricter, or mends a fault, here:

${REASONS.map(({ why }) => `- ${capitalise(why)}.\n`).join('')}`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (text !== readFileSync(file, 'utf8')) {
  console.error('docs/fidelity.md is not what the lists of the tests say: run npm run docs');
  process.exitCode = 1;
}

function where({ loan, nodes }) {
  const limits = [loan && `${loan} loans`, nodes && `Node ${nodes.join(' and ')}`].filter(Boolean);
  return limits.length === 0 ? '' : ` (${limits.join('; ')})`;
}

/** Words, not names: `maxHeaderBytes` stays as it is. */
function capitalise(sentence) {
  return /^[a-z]+\b/.test(sentence) ? sentence[0].toUpperCase() + sentence.slice(1) : sentence;
}
