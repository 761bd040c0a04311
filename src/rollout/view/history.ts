import {age} from '../../text/duration.ts';
import {cut, cutMiddle, pad} from '../../text/fit.ts';
import {shortImage} from '../../text/image.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import type {RevisionSummary, RolloutHistory, RolloutRevision} from '../history.ts';
import {toYaml} from '../unified.ts';
import {workloadName, workloadWords} from '../workload.ts';
import {placeLine} from './place.ts';

const GAP = '  ';
/** Of one revision; more are counted. */
const SHOWN_IMAGES = 3;
const LEAST_IMAGE_COLUMNS = 16;

interface Row {
  readonly left: readonly string[];
  readonly images: readonly string[];
  readonly cause: string;
  readonly current: boolean;
}

const HEADER: Row = {left: ['REVISION', 'AGE', 'PODS'], images: ['IMAGES'], cause: 'CHANGE CAUSE', current: false};

export function renderHistory({workload, revisions, pending}: RolloutHistory, {theme, width, now}: Screen): string {
  if (revisions.length === 0) return `${workloadName(workload)} has no revisions yet`;
  const nameOf = namesAreEnough(revisions) ? shortImage : (image: string) => image;
  const rows = [HEADER, ...revisions.map((revision) => rowOf(revision, nameOf, now))];
  const leftWidths = HEADER.left.map((_, i) => Math.max(...rows.map(({left}) => textWidth(left[i] ?? ''))));
  const rest = width - leftWidths.reduce((sum, columns) => sum + columns + GAP.length, 0) - GAP.length;
  const causeWidth = Math.max(...rows.map(({cause}) => textWidth(cause)));
  const imageWidth = Math.min(
    Math.max(...rows.flatMap(({images}) => images.map((image) => textWidth(image)))),
    Math.max(LEAST_IMAGE_COLUMNS, rest - causeWidth, Math.floor(rest * 0.55)),
  );
  const lines = rows.flatMap(({left, images, cause, current}, row) =>
    images.map((image, i) => {
      const cells = leftWidths.map((columns, column) => pad(i === 0 ? (left[column] ?? '') : '', columns));
      const line = [...cells, pad(cutMiddle(image, imageWidth), imageWidth), i === 0 ? cut(cause, rest - imageWidth) : ''];
      const text = line.join(GAP).trimEnd();
      return row === 0 ? theme.dim(text) : current ? theme.strong(text) : text;
    }),
  );
  const note = pending
    ? [theme.waiting(`the live template is not rolled out yet: kops rollout diff ${workloadWords(workload)}`)]
    : [];
  return [...lines, ...note].join('\n');
}

/** The revision's template as YAML, below what is known of it. */
export function renderRevision(report: RolloutRevision, {theme, now}: Screen): string {
  const {workload, number, createdAt, replicas, changeCause, current, template} = report;
  const facts = [`${age(createdAt, now)} old`, counted(replicas, 'pod'), ...(current ? ['current'] : [])];
  return [
    placeLine(workload, `revision ${number}`, theme),
    theme.dim([...facts, ...(changeCause ? [printable(changeCause)] : [])].join(' · ')),
    ...toYaml({template}).trimEnd().split('\n').map(printable),
  ].join('\n');
}

function rowOf(
  {number, createdAt, replicas, images, changeCause, current}: RevisionSummary,
  nameOf: (image: string) => string,
  now: number,
): Row {
  const left = [`${number}${current ? ' ←' : ''}`, age(createdAt, now), String(replicas)];
  const more = images.length - SHOWN_IMAGES;
  const shown = (more > 0 ? images.slice(0, SHOWN_IMAGES - 1) : images).map((image) => printable(nameOf(image)));
  return {
    left,
    images: more > 0 ? [...shown, `and ${more + 1} more`] : shown,
    cause: changeCause === null ? '-' : printable(changeCause),
    current,
  };
}

/** Whether images that differ still do without their registry. */
function namesAreEnough(revisions: readonly RevisionSummary[]): boolean {
  const images = new Set(revisions.flatMap((revision) => revision.images));
  return new Set([...images].map(shortImage)).size === images.size;
}
