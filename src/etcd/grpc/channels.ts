import {setTimeout as sleep} from 'node:timers/promises';
import {EtcdProblem} from '../problems.ts';
import {type Channel, type EtcdTls, type GrpcEndpoint, openChannel} from './channel.ts';

/** Several ways to the same store, of which one is in use. */
export interface Channels {
  readonly present: Channel;
  /** Asks the present one, and the others once where it does not answer; the one that does is the present one from then on. */
  any<T>(ask: (channel: Channel) => Promise<T>): Promise<T>;
  close(): void;
}

/** How long one has before the next is asked as well, milliseconds. */
const HEAD_START = 300;

/** Asks one after the other, without waiting for those that keep silent, and begins with the first that answers. */
export async function openChannels(
  endpoints: readonly GrpcEndpoint[],
  tls: EtcdTls | undefined,
  ask: (channel: Channel) => Promise<unknown>,
): Promise<Channels> {
  const channels = endpoints.map((endpoint) => openChannel(endpoint, tls));
  const close = () => {
    for (const channel of channels) channel.close();
  };

  async function firstOf([channel, ...others]: readonly Channel[]): Promise<Channel> {
    if (channel === undefined)
      throw new EtcdProblem('cannot reach etcd', {kind: 'unreachable', why: 'no address of it is known'});
    const own = ask(channel).then(() => channel);
    if (others.length === 0) return own;
    const failed = own.then(
      () => false,
      () => true,
    );
    const late = sleep(HEAD_START, true, {ref: false});
    const next = Promise.race([failed, late]).then((goOn) => (goOn ? firstOf(others) : own));
    return Promise.any([own, next]).catch((error: unknown) => {
      throw mostTelling(error instanceof AggregateError ? error.errors : [error]);
    });
  }

  let present: Channel;
  try {
    present = await firstOf(channels);
  } catch (error) {
    close();
    throw error;
  }

  return {
    get present() {
      return present;
    },
    any: async (asked) => {
      const failures: unknown[] = [];
      for (const channel of [present, ...channels.filter((other) => other !== present)]) {
        try {
          const answer = await asked(channel);
          present = channel;
          return answer;
        } catch (error) {
          if (!(error instanceof EtcdProblem) || !ELSEWHERE.includes(error.kind)) throw error;
          failures.push(error);
        }
      }
      throw mostTelling(failures);
    },
    close,
  };
}

/** Failures that another endpoint may not have. */
const ELSEWHERE: readonly string[] = ['unreachable', 'untrusted', 'unauthenticated', 'unavailable'];

/** That a server refuses says more than that another is not there. */
function mostTelling(errors: readonly unknown[]): unknown {
  return errors.find((error) => !(error instanceof EtcdProblem) || error.kind !== 'unreachable') ?? errors[0];
}
