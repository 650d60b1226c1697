/**
 * The app that serves scenarios inside a thread of the real server. Its URL says which side it is,
 * and may name one scenario: one with options of its own needs a server, and so an app, of its own.
 */
import { createServer } from 'node:http';
import { readTarget } from './messages.ts';
import { Recorder } from './recorder.ts';
import { scenarios } from './scenarios.ts';

const { searchParams } = new URL(import.meta.url);
const side = searchParams.get('side') ?? 'app';
const only = searchParams.get('scenario');

const recorder = new Recorder(side);

recorder.onMessage((message) => {
  if (message.type !== 'start') return;
  // The server's own port is the test's to know.
  recorder.post({ type: 'listening', name: message.name, port: 0 });
});

const single = scenarios.find(({ name }) => name === only);
const byName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));

const server =
  single === undefined
    ? createServer((req, res) => {
        const scenario = byName.get(readTarget(req.url).name);
        if (scenario === undefined) res.writeHead(404).end();
        else return recorder.serve(scenario, server, req, res);
      })
    : recorder.createServer(single);

server.listen(0);
