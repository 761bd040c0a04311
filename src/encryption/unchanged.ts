import {ExitCode, Problem} from '../problem.ts';
import type {Progress} from '../progress.ts';
import {type PreparedChange, verifyWritten} from './change.ts';
import {hashOf} from './configuration/configuration.ts';
import type {ControlPlane} from './control-plane.ts';
import {ask, disagreement, type Server} from './transaction/servers.ts';
import type {Proof} from './transaction/steps.ts';
import {type EncryptionRun, runOf, type StepReport} from './transaction/transact.ts';

/**
 * Instead of a change that would change nothing: shows that all servers run with that configuration, and that etcd holds what it should.
 * Touches neither nodes nor objects. Rejects where it is not so.
 */
export async function proveUnchanged(
  plane: ControlPlane,
  {draft: {transaction, servers, stages}}: PreparedChange,
  progress: Progress,
  signal: AbortSignal,
): Promise<EncryptionRun> {
  const steps: StepReport[] = [];
  let proof: Proof | undefined;
  const step = (name: string, title: string, run: (tell: (text: string) => void) => Promise<void>) => ({
    title,
    run: async (detail: (text: string) => void) => {
      const start = Date.now();
      let latest = '';
      await run((text) => {
        latest = text;
        detail(text);
      });
      steps.push({name, node: null, state: 'done', seconds: (Date.now() - start) / 1000, detail: latest});
    },
  });
  const hash = hashOf(stages.write);
  await progress.run([
    step('write', 'written with that key everywhere', async (detail) => {
      await Promise.all(servers.map((server) => checkServer(server, hash, signal)));
      detail(servers.length === 1 ? 'the server agrees' : `${servers.length} servers agree`);
    }),
    ...(transaction.rewrite
      ? [
          step('verify', 'verified in etcd', async (detail) => {
            proof = await verifyWritten(plane, transaction, stages, detail, signal);
            detail(`${proof.scanned} of ${proof.scanned}, revision ${proof.revision}`);
          }),
        ]
      : []),
  ]);
  return {...runOf(plane.context, transaction, stages, {outcome: 'done', steps, proof}), snapshot: null};
}

async function checkServer(server: Server, hash: string, signal: AbortSignal): Promise<void> {
  const missing = disagreement(await ask(server, signal), {hash});
  if (missing === undefined) return;
  throw new Problem(`the API server on ${server.name} does not run with the configuration of its node`, {
    why: missing,
    next: 'kops encrypt-at-rest status',
    exitCode: ExitCode.unfinished,
  });
}
