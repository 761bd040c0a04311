import {Flags} from '@oclif/core';
import type {Cluster} from '../kube/cluster.ts';
import {ExitCode} from '../problem.ts';
import {namespaceOf, type Target} from '../rollout/collect.ts';
import type {RolloutOverview} from '../rollout/overview.ts';
import {createLineWriter, renderEndLines} from '../rollout/view/lines.ts';
import {renderPicture} from '../rollout/view/watch.ts';
import {renderEnd, renderInterrupted, watchAgain} from '../rollout/view/watch-end.ts';
import {type Picture, watchRollouts} from '../rollout/watch.ts';
import {parseDuration} from '../text/parse-duration.ts';
import type {Screen} from '../text/screen.ts';
import {asDuration, ClusterCommand} from './command.ts';
import {silenceKeyboard} from './keyboard.ts';
import {createLive} from './live.ts';
import {keepMemoryFlat} from './memory.ts';
import {type OutputFormat, type Report, serialiseEvent} from './output.ts';

/** For `rollout watch`, and for every change with `--watch`. */
export const watchFlags = {
  timeout: Flags.string({
    description: 'give up watching after this long; 0: never',
    helpValue: '10m',
    default: '10m',
    parse: asDuration,
  }),
  'fail-fast': Flags.boolean({
    description: 'end as soon as a rollout cannot succeed, without waiting for its deadline',
    allowNo: true,
    default: true,
  }),
};

export interface WatchRequest {
  /** A duration; `0` for no limit. */
  readonly timeout: string;
  readonly 'fail-fast': boolean;
  readonly output: OutputFormat;
  /** The one revision to wait for. */
  readonly revision?: number | undefined;
}

/** Shows pictures as they come, and what stays when it is over. */
interface Show {
  /** Milliseconds between two pictures at least. */
  readonly every: number;
  picture(picture: Picture): void;
  end(picture: Picture): void;
  /** Interrupted, or failed: gives the terminal back. */
  leave(): void;
}

/** A command that can see rollouts through. */
export abstract class WatchingCommand extends ClusterCommand {
  /** Watches rollouts to their end, or to Ctrl-C, and tells the exit code. Rejects with a Problem where they cannot be watched. */
  protected async watch(cluster: Cluster, target: Target, request: WatchRequest): Promise<ExitCode> {
    keepMemoryFlat();
    const rules = {
      failFast: request['fail-fast'],
      timeout: parseDuration(request.timeout) || undefined,
      revision: request.revision,
    };
    const withNamespace = namespaceOf(target) === undefined;
    const show = this.showFor(request.output, cluster.context, withNamespace);
    let last: Picture | undefined;
    const onPicture = (picture: Picture) => {
      last = picture;
      show.picture(picture);
    };
    try {
      const end = await watchRollouts(cluster, target, {...rules, every: show.every, onPicture}, this.signal);
      show.end(end);
      return end.conclusion?.exitCode ?? ExitCode.bug;
    } catch (error) {
      show.leave();
      if (!this.signal.aborted) throw error;
      this.tell(renderInterrupted({watched: last?.watched ?? []}, watchAgain(target), this.errorScreen));
      return ExitCode.interrupted;
    }
  }

  /** The report of a change. Where a watch follows it takes one line, so that all of the output is one stream of documents. */
  protected presentChange<R extends Report>(
    report: R,
    {output, watch}: {readonly output: OutputFormat; readonly watch: boolean},
    render: (report: R, screen: Screen) => string,
  ): void {
    if (watch && output !== 'human') this.log(serialiseEvent(report, output));
    else this.present(report, output, render);
  }

  private showFor(output: OutputFormat, context: string, withNamespace: boolean): Show {
    const screen = () => this.screen;
    const print = (text: string) => this.log(output === 'human' ? this.typed(text) : text);
    if (output !== 'human') return eventShow(output, print, (text) => this.tell(text));
    if (!this.interactive) return lineShow(print, screen, withNamespace);
    return liveShow(process.stdout, print, screen, {context, withNamespace});
  }
}

/** On a terminal: a picture that is drawn over; the ages in it go on between changes. */
function liveShow(
  stream: NodeJS.WriteStream,
  print: (text: string) => void,
  screen: () => Screen,
  about: {context: string; withNamespace: boolean},
): Show {
  let last: Picture | undefined;
  const live = createLive(stream, ({columns, rows}) =>
    last === undefined ? '' : renderPicture(last, {...about, rows}, {...screen(), width: columns}),
  );
  const tick = setInterval(() => last && live.draw(), 1000);
  const restoreKeyboard = silenceKeyboard(process.stdin, {stopping: live.release, resumed: live.draw});
  return {
    every: 200,
    picture(picture) {
      last = picture;
      if (picture.conclusion === undefined) live.draw();
    },
    end(picture) {
      clearInterval(tick);
      restoreKeyboard();
      live.end('clear');
      print(renderEnd(picture, screen()));
    },
    leave() {
      clearInterval(tick);
      restoreKeyboard();
      live.end(last === undefined ? 'clear' : 'keep');
    },
  };
}

/** A line for each change. The first of several changes shows at once, the others a moment later. */
function lineShow(print: (text: string) => void, screen: () => Screen, withNamespace: boolean): Show {
  const linesOf = createLineWriter(withNamespace);
  return {
    every: 50,
    picture(picture) {
      for (const line of linesOf(picture, screen())) print(line);
    },
    end: (picture) => print(renderEndLines(picture, screen(), withNamespace)),
    leave() {},
  };
}

/** A document for each change of each workload; the last one of a workload says how it ended. */
function eventShow(format: 'json' | 'yaml', print: (text: string) => void, tell: (text: string) => void): Show {
  const said = new Map<string, string>();
  let trouble: string | undefined;
  return {
    every: 50,
    picture(picture) {
      if (picture.trouble !== trouble) tell(picture.trouble === undefined ? 'connected' : `reconnecting: ${picture.trouble}`);
      trouble = picture.trouble;
      const isTimeUp = picture.conclusion?.outcome === 'timed out';
      for (const {status, ending, clock: own} of picture.watched) {
        const clock = own ?? (isTimeUp && ending === undefined ? 'timeout' : undefined);
        const event = {...status, ...(ending && {ending}), ...(clock && {clock})};
        const text = serialiseEvent(event, format);
        const key = `${status.workload.kind} ${status.workload.namespace} ${status.workload.name}`;
        if (said.get(key) !== text) print(text);
        said.set(key, text);
      }
    },
    end({watched, resting, conclusion}) {
      if (watched.length > 0) return;
      const none: RolloutOverview = {
        kind: 'RolloutOverview',
        namespace: undefined,
        named: false,
        selector: undefined,
        total: resting,
        healthy: resting,
        unhealthy: [],
        notes: [],
      };
      if (conclusion !== undefined) print(serialiseEvent(none, format));
    },
    leave() {},
  };
}
