import {keeperOf} from '../../rollout/managers.ts';
import type {Warning} from '../../rollout/warning.ts';
import type {ConfigObject} from './object.ts';

/** Who will write its own values again where others are put into an object that is there: who owns its data, and the controller that owns all of it. */
export function writtenAgain({metadata}: ConfigObject): Warning[] {
  const keepers = (metadata.managedFields ?? [])
    .filter(({fieldsV1 = {}, subresource}) => !subresource && ('f:data' in fieldsV1 || 'f:binaryData' in fieldsV1))
    .flatMap((entry) => keeperOf(entry, metadata) ?? []);
  const byName = new Map(keepers.map((keeper) => [keeper.name, keeper]));
  const owner = metadata.ownerReferences?.find(({controller}) => controller);
  return [
    ...[...byName.values()].map(({name, place, otherwise}) => ({
      reason: 'WrittenAgain',
      message: `${name} wrote its values, and will write them again`,
      hint: `change them in ${place}${otherwise === undefined ? '' : `, or ${otherwise}`}`,
    })),
    ...(owner === undefined
      ? []
      : [
          {
            reason: 'WrittenAgain',
            message: `${owner.kind.toLowerCase()}/${owner.name} owns it, and may write its values again`,
            hint: `change them there: kubectl describe ${owner.kind.toLowerCase()} ${owner.name}`,
          },
        ]),
  ];
}
