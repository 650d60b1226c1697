import test from 'ava';
import { checkTypeScriptApp, type Loading } from '../../src/cli/typescript-app.ts';

const node20: Loading = { typescript: undefined, execArgv: [], nodeOptions: undefined, version: 'v20.19.0' };

const loads = test.macro<[string, Partial<Loading>]>({
  exec: (t, path, loading) => t.notThrows(() => checkTypeScriptApp(path, { ...node20, ...loading })),
  title: (_, path, loading) => `can load ${path} with ${JSON.stringify(loading)}`,
});
const refuses = test.macro<[string, Partial<Loading>]>({
  exec(t, path, loading) {
    t.throws(() => checkTypeScriptApp(path, { ...node20, ...loading }), {
      code: 'ERR_HYPERION_APP_NEEDS_TYPE_STRIPPING',
      message: `Node v20.19.0 cannot load ${path}: a TypeScript app needs Node >= 22.18 or \`--import tsx\``,
    });
  },
  title: (_, path, loading) => `cannot load ${path} with ${JSON.stringify(loading)}`,
});

test(loads, 'app.js', {});
test(loads, 'app.ts', { typescript: 'strip' });
test(loads, 'app.mts', { typescript: 'transform' });
test(loads, 'app.ts', { execArgv: ['--import', 'tsx'] });
test(loads, 'app.tsx', { execArgv: ['--import=tsx'] });
test(loads, 'app.cts', { nodeOptions: '--max-old-space-size=64 --require ts-node/register' });
test(loads, 'app.ts', { nodeOptions: '-r x' });
test(loads, 'app.ts', { execArgv: ['--experimental-strip-types'] });
test(refuses, 'app.ts', {});
test(refuses, 'app.mts', { typescript: false });
test(refuses, 'app.tsx', { typescript: 'strip' });
test(refuses, 'app.ts', { execArgv: ['--inspect'], nodeOptions: '--important' });
