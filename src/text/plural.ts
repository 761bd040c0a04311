/** `1 value`, `2 values` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `1 secret`, `2 secrets`, `1 widget.example.com`: of a resource as the API names it, in the plural. */
export const countedObjects = (count: number, resource: string): string =>
  `${count} ${count === 1 ? singular(resource) : resource}`;

function singular(resource: string): string {
  const [name = '', ...group] = resource.split('.');
  const one = name
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/(?<![s])s$/, '');
  return [name === 'endpoints' ? name : one, ...group].join('.');
}
