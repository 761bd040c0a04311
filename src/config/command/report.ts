import type {ContainerType} from '../container/source.ts';
import type {Target} from '../container/target.ts';
import type {EffectiveEnv, EnvError} from '../env/report.ts';
import type {CommandRow} from './compose.ts';
import type {Hint} from './hints.ts';
import type {ImageConfig} from './image-config.ts';

export interface EffectiveCommand {
  readonly kind: 'EffectiveCommand';
  readonly workload: Target;
  readonly container: string;
  readonly containerType: ContainerType;
  /** The other containers of the pod. */
  readonly others: readonly string[];
  readonly image: string;
  /** Left out where nobody could tell it, or where it does not matter: `imageUnknown` says why. */
  readonly imageConfig?: ImageConfig;
  readonly imageUnknown?: string;
  /** As the template has them. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly row: CommandRow;
  /** What runs, word by word. Left out where a word is masked or not known. */
  readonly argv?: readonly string[];
  /** The same for people: a Secret's part masked, what is not known by its name: `<ENTRYPOINT of the image>`. */
  readonly shown: readonly string[];
  /** Whether a Secret is in it. */
  readonly secret: boolean;
  readonly hints: readonly Hint[];
  /** What variables are taken from and could not be looked at: where it is missing, the container will not start either. */
  readonly unknown: EffectiveEnv['unknown'];
  /** Why the container does not start. */
  readonly errors: readonly (Pick<EnvError, 'message' | 'fix'> & {readonly name?: string})[];
}
