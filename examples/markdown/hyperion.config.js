import { defineConfig } from 'hyperion-server';

export default defineConfig({
  app: new URL('./app.js', import.meta.url),
  // A page takes milliseconds, /long less than a second. What takes this long will not end by itself.
  handlerTimeoutMs: 30_000,
});
