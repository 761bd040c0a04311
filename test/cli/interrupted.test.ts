import {expect, test} from 'vitest';
import {fakeApiServer} from '../support/apiserver.ts';
import {deployment} from '../support/builders.ts';
import {type Result, type Running, startKops} from '../support/process.ts';

type Server = 'answers' | 'is silent, but does it' | 'is silent, and does nothing';

/** `kops rollout pause deploy/web`, which gets a signal while the API server is at the patch. */
async function interrupted(server: Server, signal: NodeJS.Signals = 'SIGINT'): Promise<Result> {
  let running: Running | undefined;
  let isPaused = false;
  const api = await fakeApiServer(({method, path}, response) => {
    const isPatch = method === 'PATCH';
    if (isPatch) {
      isPaused = server !== 'is silent, and does nothing';
      running?.process.kill(signal);
      if (server !== 'answers') return;
    }
    const found = path.endsWith('/deployments/web') ? deployment({paused: isPaused}) : {items: [], metadata: {}};
    const answer = () => response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify(found));
    if (isPatch)
      setTimeout(answer, 200); // the signal first
    else answer();
  });
  running = startKops(['rollout', 'pause', 'deploy/web', '-n', 'shop'], {env: {KUBECONFIG: await api.kubeconfig()}});
  return running.ended;
}

test.each<[NodeJS.Signals, Server]>([
  ['SIGINT', 'answers'],
  ['SIGTERM', 'answers'],
  ['SIGHUP', 'answers'],
  ['SIGINT', 'is silent, but does it'],
])('%s while a server that %s is at a change: what was done is told, with how to take it back', async (signal, server) => {
  const {code, stdout, stderr} = await interrupted(server, signal);
  expect({code, stderr}).toEqual({code: 130, stderr: ''});
  expect(stdout).toMatch(/✓ deployment\/web .* paused: .*\n {2}undo {2}kops rollout resume deploy\/web -n shop\n/);
});

test('an interrupted change that the server did not make is told to be none', async () => {
  expect(await interrupted('is silent, and does nothing')).toMatchObject({
    code: 130,
    stdout: '',
    stderr: `✗ interrupted
  the change was sent, no answer came, and read again deployment/web is as it was
  try: kops rollout status deploy/web -n shop
`,
  });
});
