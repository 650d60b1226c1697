// Markdown to highlighted HTML, in the request: a few milliseconds of CPU for a page, and several
// hundred for /long. Every thread of the server loads this file and renders by itself.
import { defineApp } from 'hyperion-server';
import express from 'express';
import { longPage, pages } from './pages.js';
import { renderPage } from './render.js';

export default defineApp(({ routes }) => {
  // Direct routes answer before Express is asked: exact method and path.
  routes.handleStatic('GET', '/health', 'ok\n', { contentType: 'text/plain' });
  routes.handle('GET', '/pages.json', () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([...pages.keys()].map((name) => ({ name, url: `/docs/${name}` }))),
  }));

  const app = express();
  app.get('/', (req, res) => {
    const links = [...pages.keys()].map((name) => `- [${name}](/docs/${name})`);
    res.send(renderPage('Documents', `# Documents\n\n${links.join('\n')}\n- [long](/long), which takes a while\n`));
  });
  app.get('/docs/:name', (req, res, next) => {
    const markdown = pages.get(req.params.name);
    if (markdown === undefined) return next();
    res.send(renderPage(req.params.name, markdown));
  });

  // One ordinary page after the other: what `npm run load` asks for.
  const names = [...pages.keys()];
  let turn = 0;
  app.get('/any', (req, res) => {
    const name = names[turn++ % names.length];
    res.send(renderPage(name, pages.get(name)));
  });

  app.get('/long', (req, res) => {
    res.send(renderPage('long', longPage));
  });
  return app;
});
